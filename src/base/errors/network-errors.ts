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
  NETWORK_SWITCH_MISSING: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'NIC {index} of {instance} cannot be connected: this node has no Open vSwitch "{link}".',
    why: 'A NIC of mode openvswitch becomes a port of a switch that the operator made on every node.',
    todo: 'Install openvswitch-switch on the node and make the switch (ovs-vsctl add-br {link}), or give the NIC another link.',
  },
  NETWORK_NIC_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'NIC {index} of {instance} cannot be set up: {problem}.',
    why: 'Mode, link and VLAN of a NIC must fit together.',
    todo: 'For a VLAN use a bridge of its own as the link of a bridged NIC, or the mode openvswitch; name the link that the mode needs.',
  },
  NETWORK_ROUTE_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Routed NIC {index} of {instance} cannot be set up: {problem}.',
    why: 'A routed NIC is reached over a host route on its node. A route to an address of a node, a router or another instance would cut that off.',
    todo: 'Give the NIC a free IPv4 address of its network.',
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
