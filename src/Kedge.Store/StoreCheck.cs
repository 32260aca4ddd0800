using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store;

/// <summary>
/// What every driver demands of its caller before it does anything. A failed one is a bug of the caller: what comes
/// from outside was bounded at the border.
/// </summary>
internal static class StoreCheck
{
    public static void Tenant(TenantId tenant) => Check.That(tenant != default);

    public static void Rows(int rowsMax) => Check.That(rowsMax is >= 1 and <= StoreLimits.PageRowsMax);

    public static void Time(long unixMs) => Check.That(unixMs >= 0);

    public static void Word(string text) => Check.That(text.Length is >= 1 and <= Ids.NameCharsMax && Whole(text));

    public static void Document(string json) =>
        Check.That(json.Length is >= 1 and <= StoreLimits.DocumentCharsMax && Whole(json));

    public static void Enrolment(TenantId tenant, DeviceEnrolment enrolment)
    {
        Tenant(tenant);
        Time(enrolment.AtMs);
        Word(enrolment.Incarnation);
        Check.That(enrolment.Device != default);
        Check.That(!enrolment.Key.IsNone);
        if (enrolment.Certificate is { } certificate)
        {
            Certificate(certificate);
            Check.That(certificate.Device == enrolment.Device);
            Check.That(certificate.Key == enrolment.Key);
        }
    }

    public static void Certificate(CertificateRow certificate)
    {
        Check.That(certificate.Serial.Length is >= 2 and <= 40);
        Check.That(certificate.Serial.All(char.IsAsciiHexDigitUpper));
        Check.That(!certificate.Thumbprint.IsNone);
        Check.That(!certificate.Key.IsNone);
        Check.That(certificate.RevokedAtMs == 0);
        Check.That(certificate.RevokedBecause.Length == 0);
        Time(certificate.NotAfterMs);
        Time(certificate.IssuedAtMs);
    }

    public static void Report(ReportCommit report)
    {
        Word(report.Incarnation);
        Time(report.ReceivedAtMs);
        Check.That(report.Device != default);
        Check.That(report.Sequence > 0);
        switch (report.Body)
        {
            case ReportBody.Status status:
                Document(status.Json);
                Check.That(status.Generation.Value >= 0);
                break;
            case ReportBody.Facts facts:
                Document(facts.Json);
                break;
            case ReportBody.Happening:
                break;
            default:
                throw Check.Unreachable(report.Body);
        }
    }

    public static void Commit(DesiredCommit commit)
    {
        Time(commit.AtMs);
        Check.That(commit.Changes.Length <= StoreLimits.DesiredChangesMax);
        Check.That(commit.Rollouts.Length <= StoreLimits.RolloutChangesMax);
        Check.That(commit.Changes.Length + commit.Rollouts.Length > 0);
        Check.That(commit.Changes.Select(c => c.Device).Distinct().Count() == commit.Changes.Length);
        foreach (DesiredChange change in commit.Changes)
        {
            Check.That(change.Generation.Value > change.Parent.Value);
            Check.That(change.Generation.Value < 1L << 53);
            Check.That(!change.Content.IsNone);
            Check.That(!change.DeviceKey.IsNone);
            Check.That(change.Signed.Length is >= 1 and <= StoreLimits.SignedBytesMax);
        }

        Check.That(commit.Rollouts.Select(r => r.Id).Distinct().Count() == commit.Rollouts.Length);
        foreach (RolloutWrite write in commit.Rollouts)
        {
            Rollout(write);
        }
    }

    public static void Rollout(RolloutWrite write)
    {
        Time(write.AtMs);
        Document(write.StateJson);
        Check.That(write.Id != default);
        Check.That(write.Parent >= 0);
    }

    public static void Figures(IReadOnlyList<FiguresWrite> writes)
    {
        Check.That(writes.Count <= StoreLimits.FiguresBatchMax);
        foreach (FiguresWrite write in writes)
        {
            Time(write.AtMs);
            Check.That(write.Device != default);
            Check.That(write.Deployment != default);
            Check.That(write.Json.Length is >= 1 and <= StoreLimits.FiguresCharsMax && Whole(write.Json));
        }
    }

    public static void Deployment(DeploymentWrite write)
    {
        Time(write.AtMs);
        Document(write.SpecJson);
        Check.That(write.Id != default);
        Check.That(write.Packages.Length <= Limits.ModelsPerDeploymentMax);
    }

    public static void Package(PackageWrite write)
    {
        Time(write.AtMs);
        Check.That(Ids.IsName(write.Name));
        Check.That(!write.Digest.IsNone);
        Check.That(write.ManifestJson.Length is >= 1 and <= StoreLimits.PackageDocumentCharsMax);
        Check.That(Whole(write.ManifestJson));
        Check.That(write.Envelope.Length is >= 1 and <= 2 * StoreLimits.PackageDocumentCharsMax);
        Check.That(write.Chunks.Length <= StoreLimits.ChunksPerPackageMax);
        Check.That(write.Chunks.Select(c => c.Digest).Distinct().Count() == write.Chunks.Length);
    }

    public static void Tag(TagMove move)
    {
        Time(move.AtMs);
        Check.That(Ids.IsName(move.Name));
        Word(move.Tag);
        Check.That(!move.Digest.IsNone);
    }

    public static void Token(EnrolmentTokenRow token)
    {
        Time(token.ExpiresAtMs);
        Check.That(Ids.IsName(token.Name));
        Check.That(!token.Hash.IsNone);
        Check.That(token.UsesMax >= 1);
        Check.That(!token.Replaces || token.Device is not null);
    }

    public static void Credential(CredentialRow credential)
    {
        Check.That(Ids.IsName(credential.Name));
        Check.That(!credential.Hash.IsNone);
        Check.That(credential.Roles.Length <= Limits.LabelsMax);
        foreach (string role in credential.Roles)
        {
            Word(role);
        }
    }

    public static void Site(SiteRow site)
    {
        Time(site.AppliedAtMs);
        Document(site.SpecJson);
        Check.That(Ids.IsName(site.Name));
    }

    public static void Trust(TrustRow document)
    {
        Check.That(document.Kind != TrustKind.Unknown);
        Check.That(document.Version is > 0 and < 1L << 53);
        Check.That(!document.Content.IsNone);
        Check.That(document.Envelope.Length is >= 1 and <= StoreLimits.DocumentCharsMax);
    }

    public static void Claim(LeaseClaim claim)
    {
        Word(claim.Name);
        Word(claim.Holder);
        Time(claim.NowMs);
        Check.That(claim.ExpiresAtMs > claim.NowMs);
    }

    public static void Batch(ApplyBatch batch)
    {
        Check.That(batch.Changes.Length is >= 1 and <= Limits.ManifestDocumentsMax);
        foreach (ApplyChange change in batch.Changes)
        {
            Change(change);
        }
    }

    /// <summary>Free text of a device, which may hold anything: cut, and without what a database refuses.</summary>
    public static string Clean(string text)
    {
        string cut = text.Length > StoreLimits.TextCharsMax ? text[..StoreLimits.TextCharsMax] : text;
        return Whole(cut) ? cut : System.Text.Encoding.UTF8.GetString(
            System.Text.Encoding.UTF8.GetBytes(cut.Replace('\0', '\uFFFD')));
    }

    /// <inheritdoc cref="Clean(string)"/>
    public static EventWrite Clean(EventWrite entry) => entry with
    {
        Reason = Clean(entry.Reason),
        Message = Clean(entry.Message),
        Subject = Clean(entry.Subject),
        Code = Clean(entry.Code),
    };

    private static void Change(ApplyChange change)
    {
        switch (change)
        {
            case ApplyChange.OfDeployment deployment:
                Deployment(deployment.Write);
                break;
            case ApplyChange.OfDevice device:
                Check.That(device.Write.Device != default);
                break;
            case ApplyChange.OfTag tag:
                Tag(tag.Move);
                break;
            case ApplyChange.OfToken token:
                Token(token.Token);
                break;
            case ApplyChange.OfSite site:
                Site(site.Site);
                break;
            case ApplyChange.OfTrust trust:
                Trust(trust.Document);
                break;
            default:
                throw Check.Unreachable(change);
        }
    }

    /// <summary>True for text that every database keeps as it is: no NUL, no half of a surrogate pair.</summary>
    private static bool Whole(string text)
    {
        for (int index = 0; index < text.Length; index++)
        {
            char c = text[index];
            if (c == '\0' || char.IsLowSurrogate(c))
            {
                return false;
            }

            if (char.IsHighSurrogate(c) && (++index == text.Length || !char.IsLowSurrogate(text[index])))
            {
                return false;
            }
        }

        return true;
    }
}
