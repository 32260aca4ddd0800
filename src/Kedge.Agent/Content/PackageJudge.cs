using Kedge.Agent.Trust;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>What a package's envelope is worth to this device: signed by whom the policy allows, with the variant that
/// was chosen.</summary>
/// <param name="trust">Who may sign.</param>
/// <param name="hasEnded">True when a time, Unix milliseconds UTC, is over by the device's clock and its floor.</param>
internal sealed class PackageJudge(TrustKeeper trust, Func<long, bool> hasEnded)
{
    /// <summary>The manifest and the variant of a model; else why not.</summary>
    /// <param name="envelope">The signed manifest.</param>
    /// <param name="model">What the release asks for.</param>
    /// <param name="isNew">True for a package that this device never took: it needs a policy that has not expired. One
    /// that was taken before may be served and repaired for ever, while nothing in it is revoked.</param>
    /// <param name="failed">Why not; null when there is an answer.</param>
    internal JudgedModel? Judge(
        byte[] envelope, WorkloadModel model, bool isNew, out FetchResult.Failed? failed)
    {
        failed = null;
        if (trust.Policy is null)
        {
            failed = FetchFailures.Failed(
                Blame.Device, AgentErrors.TrustRefused, "no signing policy was ever accepted");
            return null;
        }

        switch (PackageTrust.Judge(envelope, trust.Policy, model.Package, isNew ? hasEnded : PackageTrust.Held))
        {
            case PackageOutcome.Trusted trusted:
                ModelVariant? variant = trusted.Manifest.Variants.FirstOrDefault(v => v.Name == model.Variant);
                failed = variant is not null ? null : FetchFailures.Failed(
                    Blame.ReleaseForGood,
                    AgentErrors.VariantMissing, $"{model.PackageLabel} has no variant {model.Variant}");
                return variant is null ? null : new JudgedModel(model, trusted.Manifest, variant);
            case PackageOutcome.Refused refused:
                Finding first = refused.Findings[0];
                bool mayPass = first.Code == TrustErrors.PolicyExpired.Code || first.Code == TrustErrors.KeyEnded.Code;
                failed = FetchFailures.Failed(
                    mayPass ? Blame.Device : Blame.ReleaseForGood,
                    AgentErrors.PackageRefused, $"{model.PackageLabel}: {first.Code} {first.Message}");
                return null;
            default:
                throw Check.Unreachable(model);
        }
    }

    /// <summary>The manifest of a package that is there; null when it is not trusted any more.</summary>
    internal PackageManifest? Read(byte[] envelope, Digest package) =>
        trust.Policy is { } policy
        && PackageTrust.Judge(envelope, policy, package, PackageTrust.Held) is PackageOutcome.Trusted trusted
            ? trusted.Manifest
            : null;
}
