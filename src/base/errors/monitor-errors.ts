import { defineErrors } from './define-errors.ts';

export const monitorErrors = defineErrors({
  MONITOR_LISTEN_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The monitoring agent cannot listen at {address} ({problem}).',
    why: 'Another program has that port (EADDRINUSE), the address is not one of this host (EADDRNOTAVAIL), or the port is below 1024 and needs root (EACCES).',
    todo: 'See with "ss -ltnp" who has the port, or give another address with --listen.',
  },
  MONITOR_OPEN_TO_ALL: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'The monitoring agent will not listen at {address} without TLS.',
    why: 'Everybody who reaches that address could read what runs on this node. Plain HTTP is for loopback.',
    todo: 'Give --certificates, and --token-file for readers that have no certificate of the cluster; or --insecure, if the network is trusted.',
  },
  MONITOR_CERTIFICATES_UNUSABLE: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The certificates in {directory} cannot be used: {problem}.',
    why: 'The folder must hold node.key, node.crt, ca.crt and ca.crl, as the node agent keeps them, and the monitoring agent must be able to read them.',
    todo: 'Have the node join the cluster first ("gantry node join"), or name the right folder with --certificates.',
  },
  MONITOR_TOKENS_UNUSABLE: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The token file {file} cannot be used: {problem}.',
    why: 'It holds one token a line, each of at least 16 characters without spaces; lines that begin with "#" are comments. Nobody but its owner and group may read it.',
    todo: 'Make one, for example with "openssl rand -hex 32", and set its mode to 0640.',
  },
});
