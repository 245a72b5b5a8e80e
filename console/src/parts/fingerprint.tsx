import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

/** The fingerprint of a passkey: in groups to be read out, and copied without them as auditors keep it. */
export function Fingerprint({ of, fingerprint }: { readonly of: string; readonly fingerprint: string }) {
  const groups = fingerprint.match(/.{1,4}/g) ?? [];
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={fingerprint}
      textToDisplay={<span className="fingerprint">{groups.join(' ')}</span>}
      copyButtonAriaLabel={`Copy the fingerprint of ${of}`}
      copySuccessText="Copied"
      copyErrorText="Not copied"
    />
  );
}
