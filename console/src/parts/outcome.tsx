import Alert, { type AlertProps } from '@cloudscape-design/components/alert';
import { type ReactNode, useEffect, useRef } from 'react';

/** What has come of what somebody just sent. Where they sent it from may be gone, so that the focus comes here. */
export function Outcome({
  type = 'success',
  header,
  children,
}: {
  readonly type?: AlertProps.Type;
  readonly header?: string;
  readonly children: ReactNode;
}) {
  const alert = useRef<AlertProps.Ref>(null);
  useEffect(() => alert.current?.focus(), []);
  return (
    <div role="status">
      <Alert ref={alert} type={type} header={header}>
        {children}
      </Alert>
    </div>
  );
}
