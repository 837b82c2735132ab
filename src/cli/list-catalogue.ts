export async function list(argv: unknown): Promise<number> {
  console.log(argv);
  return 0;
}
