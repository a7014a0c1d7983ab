import { LuxiClient } from './luxi-client.ts';

/** Connects to a master's socket for as long as `act` takes. @throws HTOOLS_LUXI_UNREACHABLE */
export async function withMaster<Result>(path: string, act: (master: LuxiClient) => Promise<Result>): Promise<Result> {
  const master = await LuxiClient.connect(path);
  try {
    return await act(master);
  } finally {
    master.close();
  }
}
