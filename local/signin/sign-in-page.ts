import { DEVELOPMENT_PASSWORD, people } from './people.ts';

/** What the form posts. `secondFactor` stands for a passkey or a one-time code: the token then says `mfa`. */
export const signInFields = { name: 'name', password: 'password', secondFactor: 'second-factor' } as const;

interface PageOptions {
  readonly stepUp?: boolean;
  readonly refusal?: string;
}

/**
 * The page on which a person says who they are; `refusal` is shown above the form. When the client has asked for a new
 * sign-in (`stepUp`), the second factor is ticked.
 */
export function signInPage(action: string, { stepUp = false, refusal }: PageOptions = {}): string {
  const names = people.map(({ name, fullName, groups }) => {
    const who = [fullName, ...(groups.length > 0 ? [groups.join(', ')] : [])].join(' - ');
    return `<option value="${escapeHtml(name)}">${escapeHtml(who)}</option>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Sign in - Keyward local</title>
  <style>
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 12vh auto; padding: 0 1rem; color: #16191f }
    label { display: block; margin: 1rem 0 }
    input[type=text], input[type=password] { display: block; width: 100%; padding: .5rem; font: inherit; box-sizing: border-box }
    button { font: inherit; padding: .5rem 1.5rem; background: #0972d3; color: #fff; border: 0; border-radius: 1rem }
    [role=alert] { color: #b3261e }
  </style>
</head>
<body>
  <h1>Sign in</h1>
  <p>For development only. Everyone's password is <code>${DEVELOPMENT_PASSWORD}</code>.</p>
  ${refusal === undefined ? '' : `<p role="alert">${escapeHtml(refusal)}</p>`}
  <form method="post" action="${escapeHtml(action)}">
    <label>Name
      <input type="text" name="${signInFields.name}" list="people" autocomplete="username" required autofocus>
    </label>
    <datalist id="people">${names.join('')}</datalist>
    <label>Password
      <input type="password" name="${signInFields.password}" autocomplete="current-password" required>
    </label>
    <label><input type="checkbox" name="${signInFields.secondFactor}" value="yes"${stepUp ? ' checked' : ''}> with a second factor</label>
    <button type="submit">Sign in</button>
  </form>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
