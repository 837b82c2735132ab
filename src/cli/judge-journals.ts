export async function report(argv: unknown): Promise<number> {
  console.log(argv);
  return 0;
}
