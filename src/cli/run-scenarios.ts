export async function run(argv: unknown): Promise<number> {
  console.log(argv);
  return 0;
}
