const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// Control characters must not occur in XML at all, not even as entities.
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => entities[character] as string).replace(/\p{Cc}/gu, ' ');
