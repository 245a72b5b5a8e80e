/**
 * Every operation with the errors that the API model declares for it, without KMSInternalException and
 * DependencyTimeoutException, which AWS KMS gives for no fault of a request. `Exception` is left out of the names.
 */
export const DECLARED_ERRORS: Readonly<Record<string, string>> = {
  CancelKeyDeletion: 'NotFound InvalidArn KMSInvalidState',
  ConnectCustomKeyStore:
    'CloudHsmClusterNotActive CustomKeyStoreInvalidState CustomKeyStoreNotFound CloudHsmClusterInvalidConfiguration',
  CreateAlias: 'AlreadyExists NotFound InvalidAliasName LimitExceeded KMSInvalidState',
  CreateCustomKeyStore:
    'CloudHsmClusterInUse CustomKeyStoreNameInUse CloudHsmClusterNotFound CloudHsmClusterNotActive IncorrectTrustAnchor CloudHsmClusterInvalidConfiguration LimitExceeded XksProxyUriInUse XksProxyUriEndpointInUse XksProxyUriUnreachable XksProxyIncorrectAuthenticationCredential XksProxyVpcEndpointServiceInUse XksProxyVpcEndpointServiceNotFound XksProxyVpcEndpointServiceInvalidConfiguration XksProxyInvalidResponse XksProxyInvalidConfiguration',
  CreateGrant: 'NotFound Disabled InvalidArn InvalidGrantToken LimitExceeded KMSInvalidState DryRunOperation',
  CreateKey:
    'MalformedPolicyDocument InvalidArn UnsupportedOperation LimitExceeded Tag CustomKeyStoreNotFound CustomKeyStoreInvalidState CloudHsmClusterInvalidConfiguration XksKeyInvalidConfiguration XksKeyAlreadyInUse XksKeyNotFound',
  Decapsulate:
    'NotFound Disabled KeyUnavailable InvalidGrantToken InvalidKeyUsage InvalidCiphertext KMSInvalidState DryRunOperation',
  Decrypt:
    'NotFound Disabled InvalidCiphertext KeyUnavailable IncorrectKey InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  DeleteAlias: 'NotFound KMSInvalidState',
  DeleteCustomKeyStore: 'CustomKeyStoreHasCMKs CustomKeyStoreInvalidState CustomKeyStoreNotFound',
  DeleteImportedKeyMaterial: 'InvalidArn UnsupportedOperation NotFound KMSInvalidState',
  DeriveSharedSecret:
    'NotFound Disabled KeyUnavailable InvalidGrantToken InvalidKeyUsage KMSInvalidState DryRunOperation',
  DescribeCustomKeyStores: 'CustomKeyStoreNotFound InvalidMarker',
  DescribeKey: 'NotFound InvalidArn',
  DisableKey: 'NotFound InvalidArn KMSInvalidState',
  DisableKeyRotation: 'NotFound Disabled InvalidArn KMSInvalidState UnsupportedOperation',
  DisconnectCustomKeyStore: 'CustomKeyStoreInvalidState CustomKeyStoreNotFound',
  EnableKey: 'NotFound InvalidArn LimitExceeded KMSInvalidState',
  EnableKeyRotation: 'NotFound Disabled InvalidArn KMSInvalidState UnsupportedOperation',
  Encapsulate:
    'NotFound Disabled KeyUnavailable InvalidGrantToken InvalidKeyUsage KMSInvalidState DryRunOperation',
  Encrypt:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  GenerateDataKey:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  GenerateDataKeyPair:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState UnsupportedOperation DryRunOperation',
  GenerateDataKeyPairWithoutPlaintext:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState UnsupportedOperation DryRunOperation',
  GenerateDataKeyWithoutPlaintext:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  GenerateMac:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  GenerateRandom: 'UnsupportedOperation CustomKeyStoreNotFound CustomKeyStoreInvalidState',
  GetKeyLastUsage: 'NotFound InvalidArn',
  GetKeyPolicy: 'NotFound InvalidArn KMSInvalidState',
  GetKeyRotationStatus: 'NotFound InvalidArn KMSInvalidState UnsupportedOperation',
  GetParametersForImport: 'InvalidArn UnsupportedOperation NotFound KMSInvalidState',
  GetPublicKey:
    'NotFound Disabled KeyUnavailable UnsupportedOperation InvalidArn InvalidGrantToken InvalidKeyUsage KMSInvalidState',
  ImportKeyMaterial:
    'InvalidArn UnsupportedOperation NotFound KMSInvalidState InvalidCiphertext IncorrectKeyMaterial ExpiredImportToken InvalidImportToken',
  ListAliases: 'InvalidMarker InvalidArn NotFound',
  ListGrants: 'NotFound InvalidMarker InvalidGrantId InvalidArn KMSInvalidState',
  ListKeyPolicies: 'NotFound InvalidArn KMSInvalidState',
  ListKeyRotations: 'NotFound InvalidArn InvalidMarker KMSInvalidState UnsupportedOperation',
  ListKeys: 'InvalidMarker',
  ListResourceTags: 'NotFound InvalidArn InvalidMarker',
  ListRetirableGrants: 'InvalidMarker InvalidArn NotFound',
  PutKeyPolicy:
    'NotFound InvalidArn MalformedPolicyDocument UnsupportedOperation LimitExceeded KMSInvalidState',
  ReEncrypt:
    'NotFound Disabled InvalidCiphertext KeyUnavailable IncorrectKey InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  ReplicateKey:
    'AlreadyExists Disabled InvalidArn KMSInvalidState LimitExceeded MalformedPolicyDocument NotFound Tag UnsupportedOperation',
  RetireGrant: 'InvalidArn InvalidGrantToken InvalidGrantId NotFound KMSInvalidState DryRunOperation',
  RevokeGrant: 'NotFound InvalidArn InvalidGrantId KMSInvalidState DryRunOperation',
  RotateKeyOnDemand:
    'NotFound Disabled InvalidArn KMSInvalidState UnsupportedOperation LimitExceeded Conflict',
  ScheduleKeyDeletion: 'NotFound InvalidArn KMSInvalidState',
  Sign: 'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState DryRunOperation',
  TagResource: 'NotFound InvalidArn KMSInvalidState LimitExceeded Tag',
  UntagResource: 'NotFound InvalidArn KMSInvalidState Tag',
  UpdateAlias: 'NotFound LimitExceeded KMSInvalidState',
  UpdateCustomKeyStore:
    'CustomKeyStoreNotFound CustomKeyStoreNameInUse CloudHsmClusterNotFound CloudHsmClusterNotRelated CustomKeyStoreInvalidState CloudHsmClusterNotActive CloudHsmClusterInvalidConfiguration XksProxyUriInUse XksProxyUriEndpointInUse XksProxyUriUnreachable XksProxyIncorrectAuthenticationCredential XksProxyVpcEndpointServiceInUse XksProxyVpcEndpointServiceNotFound XksProxyVpcEndpointServiceInvalidConfiguration XksProxyInvalidResponse XksProxyInvalidConfiguration',
  UpdateKeyDescription: 'NotFound InvalidArn KMSInvalidState',
  UpdatePrimaryRegion: 'Disabled InvalidArn KMSInvalidState NotFound UnsupportedOperation',
  Verify:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidState KMSInvalidSignature DryRunOperation',
  VerifyMac:
    'NotFound Disabled KeyUnavailable InvalidKeyUsage InvalidGrantToken KMSInvalidMac KMSInvalidState DryRunOperation',
};
