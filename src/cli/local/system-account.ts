import { ensureAccount } from '../../host/index.ts';

/** The unprivileged system user as which the master runs. */
export const masterAccount = 'gantry';

/** Makes the account when it is not there; it stays when the cluster goes. */
export const ensureMasterAccount = (note: (text: string) => void): Promise<void> =>
  ensureAccount(masterAccount, () => note(`Creating the system user "${masterAccount}"; the master runs as this user.`));
