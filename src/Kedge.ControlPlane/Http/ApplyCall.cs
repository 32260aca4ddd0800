using System.Collections.Immutable;
using System.Globalization;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Applies a manifest: every mistake at once, or everything in one transaction of the store.</summary>
internal static class ApplyCall
{
    public static async Task HandleAsync(Call call)
    {
        byte[] body = await call.ReadBytesAsync(Limits.ManifestBytesMax).ConfigureAwait(false);
        ManifestSet set = Parse(body);
        ApplyPlan plan = new(call);
        await plan.AddAsync(set).ConfigureAwait(false);
        if (plan.Findings.Count > 0)
        {
            throw Invalid([.. plan.Findings.OrderBy(f => f.Line)]);
        }

        bool dryRun = call.Flag("dryRun");
        ImmutableArray<Store.Contracts.ApplyResult> results =
            await CommitAsync(call, plan, dryRun).ConfigureAwait(false);
        if (!dryRun)
        {
            call.Server.Wakeups.Plan.Wake();
            call.Server.Wakeups.Sites.Wake();
        }

        ApplyResource answer = new()
        {
            DryRun = dryRun,
            Results = [.. plan.Results(results, call.Flag("diff"), dryRun)],
        };
        await call.ReplyAsync(answer, ApiJson.Default.ApplyResource).ConfigureAwait(false);
    }

    private static ManifestSet Parse(byte[] body)
    {
        ManifestOutcome outcome = ManifestYaml.Read(body) switch
        {
            ManifestTextOutcome.Read(var documents) => ManifestReader.Read(documents),
            ManifestTextOutcome.Invalid(var findings) => new ManifestOutcome.Invalid(findings),
            var other => throw Check.Unreachable(other),
        };
        return outcome switch
        {
            ManifestOutcome.Valid(var set) => set,
            ManifestOutcome.Invalid(var findings) => throw Invalid(findings),
            _ => throw Check.Unreachable(outcome),
        };
    }

    private static async Task<ImmutableArray<Store.Contracts.ApplyResult>> CommitAsync(
        Call call, ApplyPlan plan, bool dryRun)
    {
        if (plan.Changes.Count == 0)
        {
            return [];
        }

        ApplyBatch batch = new() { Changes = [.. plan.Changes], DryRun = dryRun };
        ApplyOutcome outcome =
            await call.Server.Store.Apply.CommitAsync(call.Tenant, batch, call.Aborted).ConfigureAwait(false);
        return outcome switch
        {
            ApplyOutcome.Committed(_, var results) => results,
            ApplyOutcome.Refused refused => throw Refuse(plan, refused),
            _ => throw Check.Unreachable(outcome),
        };
    }

    private static CallRefused Refuse(ApplyPlan plan, ApplyOutcome.Refused refused)
    {
        (string kind, string name, int line) = plan.Place(refused.Index);
        string what = $"{kind} '{name}'";
        Finding finding = refused.Why switch
        {
            ApplyRefusal.RevisionConflict => ApiErrors.Conflict.At($"{what} was changed in between", "", line),
            ApplyRefusal.NotFound => ApiErrors.NotFound.At($"{what} is not there: a device enrols first", "", line),
            ApplyRefusal.Deleting => ApiErrors.InUse.At($"{what} is being deleted; apply it when it is gone", "", line),
            ApplyRefusal.PackageMissing => ApiErrors.PackageUnknown.At($"{what} names {refused.Held}", "", line),
            ApplyRefusal.NameTaken => ApiErrors.Exists.At($"{what} is there already", "", line),
            ApplyRefusal.VersionStale =>
                ApiErrors.DocumentRefused.At($"{what} is older than version {refused.Held}", "", line),
            ApplyRefusal.VersionConflict =>
                ApiErrors.DocumentRefused.At($"{what} differs from what holds under the same version", "", line),
            ApplyRefusal.Unknown => throw Check.Unreachable(refused),
        };
        return new CallRefused(refused.Why == ApplyRefusal.NotFound ? 404 : 409, finding, [finding]);
    }

    private static CallRefused Invalid(ImmutableArray<Finding> findings) => new(
        422,
        ApiErrors.Invalid.At(string.Create(
            CultureInfo.InvariantCulture,
            $"{findings.Length} {(findings.Length == 1 ? "mistake" : "mistakes")}, nothing was applied")),
        findings);
}
