import { once } from 'node:events';
import { startApiRig } from './api-rig.ts';

// Run as a process of its own: serves on the listening socket that it inherited as descriptor 3, until told to end.

const rig = await startApiRig();
const { port } = await rig.api.listen({ fd: 3 });
process.send?.({ port, ca: rig.ca });
await once(process, 'disconnect');
await rig.close();
