import { execa } from "execa";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** This Node, and busybox for `ip`. */
export const proberImage = "rebound-test/prober:1";

const dockerfile = `FROM scratch
COPY rootfs/ /
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

/** Builds the image from this machine's own Node and busybox (statically linked): no registry is asked. */
export async function buildProberImage(): Promise<void> {
  const { GenericContainer } = await import("testcontainers");
  const context = await mkdtemp(join(tmpdir(), "rebound-prober-"));
  try {
    const rootfs = join(context, "rootfs");
    const put = async (from: string, to = from): Promise<void> => {
      await mkdir(join(rootfs, dirname(to)), { recursive: true });
      await copyFile(from, join(rootfs, to));
    };
    await put("/bin/busybox");
    await put(process.execPath, "/bin/node");
    const { stdout: libraries } = await execa("ldd", [process.execPath]);
    for (const [library] of libraries.matchAll(/\/[^ ]+\.so[^ ]*/g)) await put(library);
    await writeFile(join(context, "Dockerfile"), dockerfile);
    await GenericContainer.fromDockerfile(context).build(proberImage, { deleteOnExit: false });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
