using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Contracts;

namespace Kedge.Store;

/// <summary>The decisions that all drivers share: pure, over rows that were read in the transaction.</summary>
internal static class StoreRules
{
    public const string BecauseReplaced = "hardware replaced";
    public const string BecauseRevoked = "device revoked";
    public const string BecauseDeleted = "device deleted";

    public static TokenVerdict JudgeToken(EnrolmentTokenRow? token, DeviceId device, bool replaces, long nowMs)
    {
        if (token is null)
        {
            return TokenVerdict.Unknown;
        }

        if (token.ExpiresAtMs <= nowMs)
        {
            return TokenVerdict.Expired;
        }

        if (token.Uses >= token.UsesMax)
        {
            return TokenVerdict.UsedUp;
        }

        if (token.Device is { } only && only != device)
        {
            return TokenVerdict.WrongDevice;
        }

        return replaces && !token.Replaces ? TokenVerdict.NotForReplacement : TokenVerdict.Consumed;
    }

    public static bool IsSameInstallation(DeviceRow held, DeviceEnrolment enrolment) =>
        held.Key == enrolment.Key && held.Incarnation == enrolment.Incarnation && held.RevokedAtMs == 0;

    public static DeviceRow NewDevice(DeviceEnrolment enrolment, long revision) => new()
    {
        Id = enrolment.Device,
        Incarnation = enrolment.Incarnation,
        Key = enrolment.Key,
        Revision = revision,
        ChangedAtRevision = revision,
        Labels = enrolment.Labels,
        EnrolledAtMs = enrolment.AtMs,
        Desired = DesiredHead.None,
    };

    public static DeviceRow Replaced(DeviceRow held, DeviceEnrolment enrolment, long revision) => held with
    {
        Incarnation = enrolment.Incarnation,
        Key = enrolment.Key,
        Revision = revision,
        ChangedAtRevision = revision,
        RevokedAtMs = 0,
        EnrolledAtMs = enrolment.AtMs,
        Connected = false,
        PresenceAtMs = enrolment.AtMs,
        LastSequence = 0,
        StatusJson = "",
        StatusAtMs = 0,
        ReportedGeneration = Generation.None,
        Settled = false,
        FactsJson = "",
        FactsAtMs = 0,
    };

    public static DeviceRow Revoked(DeviceRow held, long atMs, long revision) => held with
    {
        RevokedAtMs = Math.Max(1, atMs),
        Connected = false,
        PresenceAtMs = held.Connected ? atMs : held.PresenceAtMs,
        Revision = revision,
        ChangedAtRevision = revision,
    };

    public static DeviceRow Changed(DeviceRow held, DeviceWrite write) => held with
    {
        Labels = write.Labels ?? held.Labels,
        Annotations = write.Annotations ?? held.Annotations,
        Cordoned = write.Cordoned ?? held.Cordoned,
    };

    public static bool SaysTheSame(DeviceRow held, DeviceRow changed) =>
        held.Cordoned == changed.Cordoned
        && held.Labels.SequenceEqual(changed.Labels)
        && held.Annotations.SequenceEqual(changed.Annotations);

    public static ConnectOutcome? RefuseConnection(DeviceRow? held, DeviceConnection connection)
    {
        if (held is null)
        {
            return new ConnectOutcome.UnknownDevice();
        }

        if (held.RevokedAtMs != 0)
        {
            return new ConnectOutcome.Revoked();
        }

        return held.Key == connection.Key ? null : new ConnectOutcome.OtherKey();
    }

    public static DeviceRow Connected(DeviceRow held, DeviceConnection connection, long revision) => held with
    {
        Connected = true,
        ConnectionEpoch = held.ConnectionEpoch + 1,
        Replica = connection.Replica,
        PresenceAtMs = connection.AtMs,
        LastSeenMs = Math.Max(held.LastSeenMs, connection.AtMs),
        ChangedAtRevision = revision,
    };

    public static ReportVerdict JudgeReport(DeviceRow? held, ReportCommit report)
    {
        if (held is null)
        {
            return ReportVerdict.UnknownDevice;
        }

        if (held.Incarnation != report.Incarnation)
        {
            return ReportVerdict.OtherIncarnation;
        }

        if (held.RevokedAtMs != 0)
        {
            return ReportVerdict.Revoked;
        }

        return report.Sequence <= held.LastSequence ? ReportVerdict.Duplicate : ReportVerdict.Committed;
    }

    public static DesiredOutcome? RefuseDesired(DeviceRow? held, DesiredChange change)
    {
        if (held is null || held.RevokedAtMs != 0)
        {
            return new DesiredOutcome.UnknownDevice(change.Device);
        }

        bool fits = held.Desired.Generation == change.Parent
            && change.Generation.Value >= held.Desired.NextGeneration.Value
            && held.Key == change.DeviceKey;
        return fits ? null : new DesiredOutcome.Conflict(change.Device, held.Desired);
    }

    public static DesiredHead HeadOf(DesiredHead held, DesiredChange change, DesiredCommit commit) => held with
    {
        Generation = change.Generation,
        Content = change.Content,
        DeviceKey = change.DeviceKey,
        PlanRevision = commit.PlanRevision,
        CommittedAtMs = commit.AtMs,
    };

    public static FloorVerdict JudgeFloor(DesiredHead? held, Generation floor)
    {
        if (floor.Value > StoreLimits.GenerationFloorMax)
        {
            return FloorVerdict.OutOfRange;
        }

        if (held is null)
        {
            return FloorVerdict.UnknownDevice;
        }

        return floor.Value < held.NextGeneration.Value ? FloorVerdict.AlreadyAbove : FloorVerdict.Raised;
    }

    /// <summary>What stands against an apply before packages are looked at; null to go on.</summary>
    public static DeploymentOutcome? JudgeDeployment(DeploymentRow? held, DeploymentWrite write)
    {
        if (held is { DeletedAtMs: not 0 })
        {
            return new DeploymentOutcome.Deleting();
        }

        long heldRevision = held?.Revision ?? 0;
        if (write.ExpectedRevision is { } expected && expected != heldRevision)
        {
            return new DeploymentOutcome.Conflict(heldRevision);
        }

        return held?.SpecJson == write.SpecJson ? new DeploymentOutcome.Unchanged(held) : null;
    }

    public static DeploymentRow NextDeployment(DeploymentRow? held, DeploymentWrite write, long revision) => new()
    {
        Id = write.Id,
        Revision = revision,
        SpecRevision = (held?.SpecRevision ?? 0) + 1,
        SpecJson = write.SpecJson,
        CreatedAtMs = held?.CreatedAtMs ?? write.AtMs,
        AppliedAtMs = write.AtMs,
        Cause = StoreCheck.Clean(write.Cause),
    };

    /// <summary>What stands against a change of a rollout by itself; null when it may be kept.</summary>
    public static CasOutcome? JudgeRollout(bool isDeploymentThere, RolloutRow? held, RolloutWrite write)
    {
        long heldRevision = held?.Revision ?? 0;
        return !isDeploymentThere ? new CasOutcome.NotFound()
            : write.Parent != heldRevision ? new CasOutcome.Conflict(heldRevision)
            : held?.StateJson == write.StateJson ? new CasOutcome.Unchanged(heldRevision)
            : null;
    }

    /// <summary>What stands against a change of a rollout that is part of a plan; null when it may be kept.</summary>
    public static DesiredOutcome? RefuseRollout(bool isDeploymentThere, long heldRevision, RolloutWrite write) =>
        isDeploymentThere && write.Parent == heldRevision
            ? null
            : new DesiredOutcome.RolloutConflict(write.Id, heldRevision);

    public static RolloutRow RolloutOf(RolloutWrite write, long revision) => new()
    {
        Id = write.Id,
        Revision = revision,
        StateJson = write.StateJson,
        AtMs = write.AtMs,
    };

    public static PackageRow PackageOf(PackageWrite write, long revision) => new()
    {
        Digest = write.Digest,
        Name = write.Name,
        Bytes = write.Chunks.Sum(c => (long)c.Bytes),
        ChunkCount = write.Chunks.Length,
        CreatedAtMs = write.AtMs,
        Revision = revision,
    };

    /// <summary>What stands against a move of a tag; null to go on.</summary>
    public static TagOutcome? JudgeTag(TagRow? held, PackageRow? package, TagMove move)
    {
        if (package is null || package.Name != move.Name)
        {
            return new TagOutcome.PackageMissing();
        }

        Digest before = held?.Digest ?? default;
        if (move.Expected is { } expected && expected != before)
        {
            return new TagOutcome.Conflict(before);
        }

        return held is not null && held.Digest == move.Digest ? new TagOutcome.Unchanged(held) : null;
    }

    public static CredentialOutcome JudgeCredential(CredentialRow? held, long nowMs) => held switch
    {
        null => new CredentialOutcome.NotFound(),
        { RevokedAtMs: not 0 } => new CredentialOutcome.Revoked(),
        { ExpiresAtMs: not 0 } when held.ExpiresAtMs <= nowMs => new CredentialOutcome.Expired(),
        _ => new CredentialOutcome.Valid(held),
    };

    public static GenerationVerdict JudgeTrust(TrustRow? latest, TrustRow arrived) => GenerationGuard.Judge(
        new Generation(latest?.Version ?? 0), latest?.Content ?? default,
        new Generation(arrived.Version), arrived.Content);

    /// <summary>The lease after a claim; null when another holds it.</summary>
    public static LeaseRow? Claim(LeaseRow? held, LeaseClaim claim)
    {
        if (held is null)
        {
            return new LeaseRow(claim.Name, claim.Holder, claim.ExpiresAtMs, 1);
        }

        if (held.Holder == claim.Holder)
        {
            return held with { ExpiresAtMs = claim.ExpiresAtMs };
        }

        return held.ExpiresAtMs <= claim.NowMs
            ? new LeaseRow(claim.Name, claim.Holder, claim.ExpiresAtMs, held.Term + 1)
            : null;
    }

    public static bool IsSameCertificate(CertificateRow held, CertificateRow other) =>
        held.Device == other.Device && held.Thumbprint == other.Thumbprint && held.Key == other.Key;
}
