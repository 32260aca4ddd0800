using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;

namespace Kedge.ControlPlane.Auth;

/// <summary>Whom a device's certificate names.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Device">The device.</param>
public readonly record struct DeviceIdentity(TenantId Tenant, DeviceId Device)
{
    private const string Scheme = "kedge://";
    private const int NamesBytesMax = 4096;

    /// <summary>
    /// The name in the certificate: <c>kedge://tenant/device</c>, a URI of the subject's alternative names.
    /// </summary>
    public Uri ToUri() => new($"{Scheme}{Tenant}/{Device}");

    /// <summary>
    /// Reads the identity from the alternative names (RFC 5280 §4.2.1.6); false when there is none of ours.
    /// </summary>
    public static bool TryRead(X509Certificate2 certificate, out DeviceIdentity identity)
    {
        identity = default;
        X509Extension? names = certificate.Extensions["2.5.29.17"];
        if (names is null || names.RawData.Length > NamesBytesMax)
        {
            return false;
        }

        try
        {
            AsnReader sequence = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
            Asn1Tag uri = new(TagClass.ContextSpecific, 6);
            while (sequence.HasData)
            {
                if (sequence.PeekTag().HasSameClassAndValue(uri))
                {
                    return TryParse(sequence.ReadCharacterString(UniversalTagNumber.IA5String, uri), out identity);
                }

                sequence.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            // Names that cannot be read are none of ours: the answer is false.
            return false;
        }

        return false;
    }

    private static bool TryParse([NotNullWhen(true)] string? text, out DeviceIdentity identity)
    {
        identity = default;
        if (text is null || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        string[] parts = text[Scheme.Length..].Split('/', 3);
        if (parts.Length != 2 || !TenantId.TryParse(parts[0], out TenantId tenant)
            || !DeviceId.TryParse(parts[1], out DeviceId device))
        {
            return false;
        }

        identity = new DeviceIdentity(tenant, device);
        return true;
    }
}
