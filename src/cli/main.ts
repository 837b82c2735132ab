export async function main(args: string[]): Promise<void> {
  console.log("hello", process.version, args);
}
