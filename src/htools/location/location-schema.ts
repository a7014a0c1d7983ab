import { type Static, type TProperties, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const about = <T extends object>(description: string, more?: T) => ({ description, ...more });
const name = Type.String({ minLength: 1 });
const names = Type.Array(name, { minItems: 1 });
const level = Type.String({ minLength: 1, description: 'Name of a level; the levels "group" (node groups) and "node" always exist.' });
const count = Type.Integer({ minimum: 0 });
const amount = Type.Number({ minimum: 0 });
const form = <T extends TProperties>(properties: T, description: string) => Type.Object(properties, { ...closed, description });

const spread = form(
  {
    level,
    atMost: Type.Optional(Type.Integer({ minimum: 1, description: 'Members in one domain.' })),
    atLeast: Type.Optional(Type.Integer({ minimum: 1, description: 'Domains with members.' })),
    skew: Type.Optional(Type.Integer({ minimum: 0, description: 'Difference between the fullest and the emptiest domain.' })),
  },
  'Spread the members over the domains of a level.',
);
const other = (description: string) => form({ service: name, level }, description);
const replicas = form(
  {
    apart: Type.Optional(level),
    within: Type.Optional(level),
    latency: Type.Optional(Type.Number({ minimum: 0, description: 'Milliseconds between the two, in one direction.' })),
  },
  'Distance of the primary and the secondary node of a mirrored member.',
);

/** The terms of a rule, by its key in the file; each rule has exactly one. */
export const ruleForms = {
  spread,
  together: form({ level }, 'All members share one domain of the level.'),
  near: form({ latency: amount }, 'The latency between any two members is at most this number of milliseconds.'),
  needs: other('Each member has a member of the other service in its own domain.'),
  apart: other('No domain has members of both services.'),
  pinned: Type.Array(name, about('Both nodes of each member are in these domains, node groups or nodes.', { minItems: 1 })),
  keptOut: Type.Array(name, about('Members must not use these domains, node groups or nodes.', { minItems: 1 })),
  desired: Type.Array(name, about('Members should run in one of these; usually with a weight.', { minItems: 1 })),
  replicas,
  migration: form({ within: level }, 'Members migrate only within a domain of the level.'),
  survive: form({ level }, 'The service keeps working after the loss of any one domain of the level.'),
} as const;

const optionalForms = Object.fromEntries(Object.entries(ruleForms).map(([key, schema]) => [key, Type.Optional(schema)])) as {
  [K in keyof typeof ruleForms]: ReturnType<typeof Type.Optional<(typeof ruleForms)[K]>>;
};

const weight = Type.Optional(
  Type.Number({ exclusiveMinimum: 0, description: 'Cost of each time that the rule is broken. Without a weight the rule is hard.' }),
);

const RuleEntry = Type.Object({ ...optionalForms, weight }, { ...closed, description: 'One kind of rule, and optionally a weight.' });

const ServiceEntry = form(
  {
    name,
    members: Type.Array(Type.Union([name, form({ tag: name }, 'Instances with this tag, or with a tag that matches this glob.')]), {
      description: 'Instances by name, by a glob of * and ?, or by tag.',
    }),
    minimumAlive: Type.Optional(count),
    rules: Type.Optional(Type.Array(RuleEntry)),
  },
  'Instances that do one job together, and the rules for them.',
);

const domainFields = {
  name,
  level: Type.Optional(level),
  in: Type.Optional(
    Type.String({ minLength: 1, description: 'Name of the domain that contains it, if it is not written inside that domain.' }),
  ),
  nodes: Type.Optional(Type.Array(name, { description: 'Nodes in it, by name or glob.' })),
};

const LinkEntry = form(
  {
    between: Type.Tuple([name, name], { description: 'Two domains or node groups; or a domain and one that contains it: its uplink.' }),
    latency: Type.Optional(Type.Number({ minimum: 0, description: 'Milliseconds in one direction.' })),
    bandwidth: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Mbit/s.' })),
    load: Type.Optional(Type.Number({ minimum: 0, description: 'Mbit/s that other traffic uses.' })),
    weight,
  },
  'A link that replication uses. Its bandwidth is a hard limit unless it has a weight.',
);

const MigrationEntry = form(
  { nodes: names, needs: Type.Optional(Type.Array(name)), offers: Type.Optional(Type.Array(name)) },
  'An instance may migrate from one node to another if the other one offers everything that the first one needs.',
);

/** The location file; `docs/location.schema.json` is made from it. */
export const LocationFile = Type.Module({
  Domain: Type.Object(
    { ...domainFields, domains: Type.Optional(Type.Array(Type.Ref('Domain'))) },
    { ...closed, description: 'Something that fails as a whole.' },
  ),
  File: Type.Object(
    {
      levels: Type.Optional(Type.Array(name, { description: 'Names of the levels, from the widest to the narrowest.' })),
      domains: Type.Optional(Type.Array(Type.Ref('Domain'))),
      links: Type.Optional(Type.Array(LinkEntry)),
      migration: Type.Optional(Type.Array(MigrationEntry)),
      services: Type.Optional(Type.Array(ServiceEntry)),
    },
    closed,
  ),
});

export type RuleEntry = Static<typeof RuleEntry>;
export type ServiceEntry = Static<typeof ServiceEntry>;
