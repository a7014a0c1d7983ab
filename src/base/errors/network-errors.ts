import { defineErrors } from './define-errors.ts';

export const networkErrors = defineErrors({
  NETWORK_BRIDGE_MISSING: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'NIC {index} of {instance} cannot be connected: this node has no bridge "{link}".',
    why: 'A bridged NIC needs a bridge, which the operator creates on every node.',
    todo: 'Create the bridge (ip link add {link} type bridge; ip link set {link} up), or use another link for the NIC.',
  },
  NETWORK_TAP_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The tap device {device} for NIC {index} of {instance} could not be set up: {problem}',
    why: 'The kernel or the program ip refused a step.',
    todo: 'Check that /dev/net/tun exists and that the agent runs as root; the message tells the cause.',
  },
  NETWORK_VLAN_UNSUPPORTED: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'NIC {index} of {instance} asks for VLAN "{vlan}", which Gantry cannot set on {mode} NICs.',
    why: 'VLANs inside a bridge are not implemented yet.',
    todo: 'Create one bridge for each VLAN and use it as the link of the NIC, with an empty vlan.',
  },
  NETWORK_ROUTE_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Routed NIC {index} of {instance} cannot be set up: {problem}.',
    why: 'The node sets a host route for a routed NIC, so it must know its IPv4 address and the routing table.',
    todo: 'Give the NIC an IPv4 address, and a routing table number or name (or nothing) as its link.',
  },
  NETWORK_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The network of this node could not be changed or read: {problem}',
    why: 'The ip program reported an error.',
    todo: 'The message tells the cause; check that iproute2 is installed and that the agent runs as root.',
  },
});
