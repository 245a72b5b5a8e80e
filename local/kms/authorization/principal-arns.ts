const NAME = '[\\w+=,.@-]+';

/** The ARN of an account, a user, a role, or a session: a group is no principal, nor is a service. */
export const PRINCIPAL_ARN = new RegExp(
  `^arn:aws:(?:iam::\\d{12}:(?:root|(?:user|role)/(?:${NAME}/)*${NAME})` +
    `|sts::\\d{12}:(?:assumed-role/${NAME}/${NAME}|federated-user/${NAME}))$`,
);

export const SERVICE_PRINCIPAL = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws|amazon)\.com$/;
