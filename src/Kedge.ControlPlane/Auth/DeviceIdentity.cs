using System.Security.Cryptography.X509Certificates;
using Kedge.Core;
using Kedge.Wire.Trust;

namespace Kedge.ControlPlane.Auth;

/// <summary>Whom a device's certificate names.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Device">The device.</param>
public readonly record struct DeviceIdentity(TenantId Tenant, DeviceId Device)
{
    /// <summary>
    /// The name in the certificate: <c>kedge://tenant/device</c>, a URI of the subject's alternative names.
    /// </summary>
    public Uri ToUri() => DeviceName.ToUri(Tenant, Device);

    /// <summary>
    /// Reads the identity from the alternative names (RFC 5280 §4.2.1.6); false when there is none of ours.
    /// </summary>
    public static bool TryRead(X509Certificate2 certificate, out DeviceIdentity identity)
    {
        (TenantId Tenant, DeviceId Device)? name = DeviceName.TryRead(certificate);
        identity = name is { } found ? new DeviceIdentity(found.Tenant, found.Device) : default;
        return name is not null;
    }
}
