import TextContent from '@cloudscape-design/components/text-content';
import type { ReactNode } from 'react';

/** Some lines, or in their place that there are none. */
export function List({ items, none }: { readonly items: readonly string[]; readonly none: ReactNode }) {
  if (items.length === 0) return none;
  return (
    <TextContent>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </TextContent>
  );
}
