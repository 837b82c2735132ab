/** The claim behind a volume: its own, or that of its DataVolume, which has the same name. */
export function claimNameOf(volume: Record<string, unknown>): string | undefined {
  const claim = volume["persistentVolumeClaim"] as { claimName: string } | undefined;
  const dataVolume = volume["dataVolume"] as { name: string } | undefined;
  return claim?.claimName ?? dataVolume?.name;
}
