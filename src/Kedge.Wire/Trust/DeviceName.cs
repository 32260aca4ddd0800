using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;

namespace Kedge.Wire.Trust;

/// <summary>
/// The name that a device's certificate carries: <c>kedge://tenant/device</c>, a URI of the subject's alternative names
/// (RFC 5280 §4.2.1.6). Read by the server, and by devices that meet each other.
/// </summary>
public static class DeviceName
{
    private const string Scheme = "kedge://";
    private const int NamesBytesMax = 4096;

    /// <summary>The name as it is written into a certificate.</summary>
    public static Uri ToUri(TenantId tenant, DeviceId device) => new($"{Scheme}{tenant}/{device}");

    /// <summary>Reads the name; null when there is none of ours.</summary>
    public static (TenantId Tenant, DeviceId Device)? TryRead(X509Certificate2 certificate)
    {
        X509Extension? names = certificate.Extensions["2.5.29.17"];
        if (names is null || names.RawData.Length > NamesBytesMax)
        {
            return null;
        }

        try
        {
            AsnReader sequence = new AsnReader(names.RawData, AsnEncodingRules.DER).ReadSequence();
            Asn1Tag uri = new(TagClass.ContextSpecific, 6);
            while (sequence.HasData)
            {
                if (sequence.PeekTag().HasSameClassAndValue(uri))
                {
                    return TryParse(sequence.ReadCharacterString(UniversalTagNumber.IA5String, uri));
                }

                sequence.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            // Names that cannot be read are none of ours.
            return null;
        }

        return null;
    }

    private static (TenantId Tenant, DeviceId Device)? TryParse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = text[Scheme.Length..].Split('/', 3);
        return parts.Length == 2 && TenantId.TryParse(parts[0], out TenantId tenant)
            && DeviceId.TryParse(parts[1], out DeviceId device)
            ? (tenant, device)
            : null;
    }
}
