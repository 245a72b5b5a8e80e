import Box from '@cloudscape-design/components/box';
import { AbsencesPage } from './pages/absences.tsx';
import { CustodyPage } from './pages/custody.tsx';
import { PasskeysPage } from './pages/passkeys.tsx';
import { RequestPage } from './pages/request.tsx';
import { SlackLinkPage } from './pages/slack-link.tsx';
import { WaitingPage } from './pages/waiting.tsx';
import { PageTitle } from './parts/page-title.tsx';
import { useSession } from './parts/session.ts';
import { Shell, Waiting } from './parts/shell.tsx';
import { Trouble } from './parts/trouble.tsx';
import { usePath } from './router.ts';

/** Shows the page of the address, to whoever is signed in. */
export function App() {
  const path = usePath();
  const session = useSession();
  const trouble = session.isError ? <Trouble error={session.error} backTo={path} /> : undefined;
  if (session.data === undefined) {
    return (
      <Shell>
        <PageTitle>Keyward</PageTitle>
        {trouble ?? <Waiting />}
      </Shell>
    );
  }
  return (
    <Shell session={session.data}>
      {/* The page below stays, for its reader alone: what it holds may be typed, under way, or shown only once. */}
      {trouble === undefined ? undefined : <Box margin={{ bottom: 'l' }}>{trouble}</Box>}
      <Page key={session.data.person.id} path={path} />
    </Shell>
  );
}

function Page({ path }: { readonly path: string }) {
  const [, requestId] = /^requests\/(\w+)$/.exec(path) ?? [];
  if (requestId !== undefined) return <RequestPage key={requestId} requestId={requestId} />;
  switch (path) {
    case '':
    case 'requests':
      return <WaitingPage />;
    case 'passkeys':
      return <PasskeysPage />;
    case 'absences':
      return <AbsencesPage />;
    case 'custody':
      return <CustodyPage />;
    case 'slack-link':
      return <SlackLinkPage />;
    default:
      return (
        <PageTitle description="Check the address, or begin with the list.">There is no such page</PageTitle>
      );
  }
}
