using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;
using Kedge.Store.Contracts;
using Kedge.Wire.Enrolment;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// Lets devices in: a token and a request become a name and a certificate, in one transaction of the store, so that a
/// token is never used up for nothing nor used twice. A device whose answer was lost asks again with the same key and
/// gets its certificate. Renewal asks for proof of the enrolled key and no more than that the device is not revoked.
/// </summary>
public sealed partial class Enrolment(
    IKedgeStore store, ServerKeys keys, EnrolmentOptions options, EnrolmentShell shell)
{
    private readonly ILogger _log = shell.Log;

    /// <summary>Enrols a device.</summary>
    public async Task<EnrolAnswer> EnrolAsync(EnrolRequest request, CancellationToken ct)
    {
        EnrolAnswer answer = await TryEnrolAsync(request, ct).ConfigureAwait(false);
        if (answer is EnrolAnswer.Refused(var why))
        {
            EnrolRefused(why.Code, why.Message);
        }

        return answer;
    }

    /// <summary>Renews a device's certificate.</summary>
    public async Task<EnrolAnswer> RenewAsync(RenewRequest request, CancellationToken ct)
    {
        EnrolAnswer answer = await TryRenewAsync(request, ct).ConfigureAwait(false);
        if (answer is EnrolAnswer.Refused(var why))
        {
            EnrolRefused(why.Code, why.Message);
        }

        return answer;
    }

    /// <summary>The documents that the owner signed, newest versions.</summary>
    public async Task<TrustDocuments> TrustAsync(CancellationToken ct) => new()
    {
        SigningPolicy = await DocumentAsync(TrustKind.SigningPolicy, ct).ConfigureAwait(false),
        DesiredKeys = await DocumentAsync(TrustKind.DesiredKeys, ct).ConfigureAwait(false),
        OwnerKeys = [.. (await OwnersAsync(ct).ConfigureAwait(false)).Envelopes],
    };

    private Task<OwnerChain> OwnersAsync(CancellationToken ct) =>
        Owners.ReadAsync(store, options.Tenant, keys.Owner, ct);

    private async Task<EnrolAnswer> TryEnrolAsync(EnrolRequest request, CancellationToken ct)
    {
        if (EnrolmentToken.TryParse(request.Token) is not EnrolmentToken token)
        {
            return Refuse(EnrolErrors.TokenMalformed.At("the token does not start with kedge-enrol-v1 or is cut off"));
        }

        if (CsrCheck.TryRead(request.CsrPem, out Finding? finding) is not ProvenKey key)
        {
            return Refuse(finding ?? EnrolErrors.BadRequest.At("the request cannot be read"));
        }

        Digest hash = Secrets.HashOf(token.Secret);
        EnrolmentTokenRow? row =
            await store.Tokens.FindByHashAsync(options.Tenant, hash, ct).ConfigureAwait(false);
        if (row is null || token.Root != keys.RootDigest)
        {
            return Refuse(EnrolErrors.TokenUnknown.At("no token of this server and tenant has that secret"));
        }

        string wanted = request.Device.Length > 0 ? request.Device : row.Device?.ToString() ?? "";
        ImmutableSortedDictionary<string, string>? labels = LabelsOf(request, row);
        if (!DeviceId.TryParse(wanted, out DeviceId device) || labels is null
            || request.Incarnation.Length is < 1 or > 63 || !request.Incarnation.All(char.IsAsciiLetterOrDigit))
        {
            return Refuse(
                EnrolErrors.BadName.At($"name '{Shown(wanted)}', its incarnation or a label is out of its rules"));
        }

        return await TakeNameAsync(request, row, key, device, labels, ct).ConfigureAwait(false);
    }

    private async Task<EnrolAnswer> TakeNameAsync(
        EnrolRequest request,
        EnrolmentTokenRow token,
        ProvenKey key,
        DeviceId device,
        ImmutableSortedDictionary<string, string> labels,
        CancellationToken ct)
    {
        DateTimeOffset now = shell.Time.GetUtcNow();
        DeviceIdentity identity = new(options.Tenant, device);
        using X509Certificate2 certificate = keys.IssueDevice(key, identity, now, options.CertificateLifetime);
        DeviceEnrolment enrolment = new()
        {
            Device = device,
            Incarnation = request.Incarnation,
            Key = key.Id,
            AtMs = now.ToUnixTimeMilliseconds(),
            Labels = labels,
            TokenHash = token.Hash,
            Certificate = RowOf(certificate, identity, key.Id, now),
        };
        EnrolOutcome outcome = token.Replaces
            ? await store.Devices.ReplaceAsync(options.Tenant, enrolment, ct).ConfigureAwait(false)
            : await store.Devices.EnrolAsync(options.Tenant, enrolment, ct).ConfigureAwait(false);
        switch (outcome)
        {
            case EnrolOutcome.Enrolled or EnrolOutcome.AlreadyEnrolled:
                DeviceEnrolled(device.ToString(), key.Id.ToString());
                return new EnrolAnswer.Granted(await AnswerAsync(identity, certificate, ct).ConfigureAwait(false));
            case EnrolOutcome.NameTaken:
                return Refuse(EnrolErrors.NameTaken.At($"{device} is another device's name"));
            case EnrolOutcome.UnknownDevice:
                return Refuse(EnrolErrors.UnknownDevice.At($"there is no device {device} to replace"));
            case EnrolOutcome.TokenRefused(var why):
                return Refuse(FindingOf(why, token, device));
            default:
                throw Check.Unreachable(outcome);
        }
    }

    private async Task<EnrolAnswer> TryRenewAsync(RenewRequest request, CancellationToken ct)
    {
        if (CsrCheck.TryRead(request.CsrPem, out Finding? finding) is not ProvenKey key)
        {
            return Refuse(finding ?? EnrolErrors.BadRequest.At("the request cannot be read"));
        }

        using X509Certificate2? old = TryCertificate(request.CertificatePem);
        DateTimeOffset now = shell.Time.GetUtcNow();
        if (old is null)
        {
            return Refuse(EnrolErrors.ForeignCertificate.At("the certificate cannot be read"));
        }

        finding = keys.DeviceCheck.Judge(old, now, acceptExpired: true, out DeviceIdentity identity);
        if (finding is null && identity.Tenant != options.Tenant)
        {
            finding = EnrolErrors.ForeignCertificate.At($"tenant {identity.Tenant} is not served here");
        }

        if (finding is not null)
        {
            return Refuse(finding);
        }

        DeviceRow? row = await store.Devices.FindAsync(options.Tenant, identity.Device, ct).ConfigureAwait(false);
        CertificateRow? known =
            await store.Certificates.FindAsync(options.Tenant, old.SerialNumber, ct).ConfigureAwait(false);
        finding = RenewalFinding(row, known, DeviceCertificateCheck.KeyOf(old), key, identity);
        if (finding is not null)
        {
            return Refuse(finding);
        }

        using X509Certificate2 certificate = keys.IssueDevice(key, identity, now, options.CertificateLifetime);
        await store.Certificates.RecordAsync(
            options.Tenant, RowOf(certificate, identity, key.Id, now), ct).ConfigureAwait(false);
        DeviceRenewed(identity.Device.ToString());
        return new EnrolAnswer.Granted(await AnswerAsync(identity, certificate, ct).ConfigureAwait(false));
    }

    private static Finding? RenewalFinding(
        DeviceRow? row, CertificateRow? known, Digest oldKey, ProvenKey key, DeviceIdentity identity) =>
        row switch
        {
            null => EnrolErrors.UnknownDevice.At($"{identity.Device} is not known"),
            { RevokedAtMs: > 0 } => EnrolErrors.Revoked.At($"{identity.Device} was revoked"),
            _ when known is { RevokedAtMs: > 0 } =>
                EnrolErrors.Revoked.At($"certificate {known.Serial} was revoked: {known.RevokedBecause}"),
            _ when row.Key != key.Id || oldKey != key.Id =>
                EnrolErrors.OtherKey.At($"{identity.Device} has enrolled with another key"),
            _ => null,
        };

    private async Task<EnrolResponse> AnswerAsync(
        DeviceIdentity identity, X509Certificate2 certificate, CancellationToken ct)
    {
        OwnerChain owners = await OwnersAsync(ct).ConfigureAwait(false);
        return new()
        {
            Tenant = identity.Tenant.ToString(),
            Device = identity.Device.ToString(),
            CertificateChainPem = keys.ChainOf(certificate),
            RootPem = keys.Root.ExportCertificatePem() + "\n",
            Link = options.Link(),
            Content = options.Content(),
            OwnerKey = owners.Current.PublicKey,
            OwnerVersion = owners.Version,
            Trust = await TrustAsync(ct).ConfigureAwait(false),
            Bundle = keys.BundleText,
        };
    }

    private async Task<string> DocumentAsync(TrustKind kind, CancellationToken ct)
    {
        TrustRow? row = await store.Trust.LatestAsync(options.Tenant, kind, ct).ConfigureAwait(false);
        return row is null ? "" : System.Text.Encoding.UTF8.GetString(row.Envelope.AsSpan());
    }

    private static ImmutableSortedDictionary<string, string>? LabelsOf(EnrolRequest request, EnrolmentTokenRow token)
    {
        if (request.Labels.Count > Limits.LabelsMax)
        {
            return null;
        }

        ImmutableSortedDictionary<string, string>.Builder labels = LabelRules.None.ToBuilder();
        foreach ((string key, string value) in request.Labels)
        {
            if (!LabelRules.IsKey(key) || !LabelRules.IsValue(value))
            {
                return null;
            }

            labels[key] = value;
        }

        foreach ((string key, string value) in token.Labels)
        {
            labels[key] = value;
        }

        return labels.Count <= Limits.LabelsMax ? labels.ToImmutable() : null;
    }

    private static Finding FindingOf(TokenVerdict verdict, EnrolmentTokenRow token, DeviceId device) => verdict switch
    {
        TokenVerdict.Expired => EnrolErrors.TokenExpired.At(
            $"token {token.Name} ended {DateTimeOffset.FromUnixTimeMilliseconds(token.ExpiresAtMs):u}"),
        TokenVerdict.UsedUp => EnrolErrors.TokenUsedUp.At($"token {token.Name} was used {token.UsesMax} times"),
        TokenVerdict.WrongDevice => EnrolErrors.TokenForOther.At($"token {token.Name} is not for {device}"),
        TokenVerdict.NotForReplacement => EnrolErrors.TokenForOther.At($"token {token.Name} replaces no hardware"),
        TokenVerdict.Unknown => EnrolErrors.TokenUnknown.At("the token is gone"),
        TokenVerdict.Consumed => throw Check.Unreachable(verdict),
    };

    private static CertificateRow RowOf(
        X509Certificate2 certificate, DeviceIdentity identity, Digest key, DateTimeOffset now) => new()
        {
            Serial = certificate.SerialNumber,
            Device = identity.Device,
            Thumbprint = Digest.Of(certificate.RawData),
            Key = key,
            NotAfterMs = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeMilliseconds(),
            IssuedAtMs = now.ToUnixTimeMilliseconds(),
        };

    private static X509Certificate2? TryCertificate(string pem)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Text that is no certificate: the caller answers so.
            return null;
        }
    }

    private static EnrolAnswer.Refused Refuse(Finding why) => new(why);

    private static string Shown(string name) => name.Length > 63 ? name[..63] + "…" : name;

    [LoggerMessage(EventIds.DeviceEnrolled, LogLevel.Information, "Device {Device} enrolled with key {Key}")]
    private partial void DeviceEnrolled(string device, string key);

    [LoggerMessage(EventIds.DeviceRenewed, LogLevel.Information, "Device {Device} renewed its certificate")]
    private partial void DeviceRenewed(string device);

    [LoggerMessage(EventIds.EnrolRefused, LogLevel.Warning, "Enrolment or renewal refused: {Code} {Reason}")]
    private partial void EnrolRefused(string code, string reason);
}

/// <summary>What enrolment needs to know.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="CertificateLifetime">Life of a device's certificate.</param>
/// <param name="Link">Address of the device link, <c>host:port</c>, once it is bound.</param>
/// <param name="Content">Base address of content and enrolment, once it is bound.</param>
public sealed record EnrolmentOptions(
    TenantId Tenant, TimeSpan CertificateLifetime, Func<string> Link, Func<string> Content);

/// <summary>Clock and log of enrolment.</summary>
/// <param name="Time">Clock.</param>
/// <param name="Log">Log.</param>
public sealed record EnrolmentShell(TimeProvider Time, ILogger Log);

/// <summary>The answer to a device that wants in.</summary>
[Closed]
public abstract record EnrolAnswer
{
    private EnrolAnswer()
    {
    }

    /// <summary>It is in.</summary>
    /// <param name="Response">Its certificate and what it must know.</param>
    public sealed record Granted(EnrolResponse Response) : EnrolAnswer;

    /// <summary>It is not.</summary>
    /// <param name="Why">What is wrong.</param>
    public sealed record Refused(Finding Why) : EnrolAnswer;
}
