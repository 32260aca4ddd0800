using System.Globalization;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Contracts;

namespace Kedge.Store;

/// <summary>One change of a manifest either has a result or stands against the whole.</summary>
internal readonly record struct ApplyStep(ApplyResult? Result, ApplyRefusal Refusal, string Held);

/// <summary>Says in the words of an apply what became of one object.</summary>
internal static class ApplyMapping
{
    public static ApplyStep Of(DeploymentOutcome outcome) => outcome switch
    {
        DeploymentOutcome.Created(var row) => Done(ApplyVerdict.Created, row.Revision, row.SpecRevision),
        DeploymentOutcome.Updated(var row) => Done(ApplyVerdict.Updated, row.Revision, row.SpecRevision),
        DeploymentOutcome.Unchanged(var row) => Done(ApplyVerdict.Unchanged, row.Revision, row.SpecRevision),
        DeploymentOutcome.Conflict(var held) => Refused(ApplyRefusal.RevisionConflict, Text(held)),
        DeploymentOutcome.Deleting => Refused(ApplyRefusal.Deleting),
        DeploymentOutcome.PackageMissing(var package) => Refused(ApplyRefusal.PackageMissing, package.ToString()),
        _ => throw Check.Unreachable(outcome),
    };

    public static ApplyStep Of(CasOutcome outcome) => outcome switch
    {
        CasOutcome.Done(var revision) => Done(ApplyVerdict.Updated, revision),
        CasOutcome.Unchanged(var revision) => Done(ApplyVerdict.Unchanged, revision),
        CasOutcome.Conflict(var held) => Refused(ApplyRefusal.RevisionConflict, Text(held)),
        CasOutcome.NotFound => Refused(ApplyRefusal.NotFound),
        _ => throw Check.Unreachable(outcome),
    };

    public static ApplyStep Of(TagOutcome outcome) => outcome switch
    {
        TagOutcome.Moved(var row, { IsNone: true }) => Done(ApplyVerdict.Created, row.Revision),
        TagOutcome.Moved(var row, _) => Done(ApplyVerdict.Updated, row.Revision),
        TagOutcome.Unchanged(var row) => Done(ApplyVerdict.Unchanged, row.Revision),
        TagOutcome.Conflict(var held) => Refused(ApplyRefusal.RevisionConflict, held.ToString()),
        TagOutcome.PackageMissing => Refused(ApplyRefusal.PackageMissing),
        _ => throw Check.Unreachable(outcome),
    };

    public static ApplyStep Of(CreateVerdict verdict, long revision) => verdict switch
    {
        CreateVerdict.Created => Done(ApplyVerdict.Created, revision),
        CreateVerdict.NameTaken or CreateVerdict.HashTaken => Refused(ApplyRefusal.NameTaken),
        CreateVerdict.Unknown => throw Check.Unreachable(verdict),
    };

    public static ApplyStep Of(GenerationVerdict verdict, long version, long revision) => verdict switch
    {
        GenerationVerdict.Newer =>
            Done(version == 0 ? ApplyVerdict.Created : ApplyVerdict.Updated, revision),
        GenerationVerdict.Same => Done(ApplyVerdict.Unchanged, revision),
        GenerationVerdict.Stale => Refused(ApplyRefusal.VersionStale, Text(version)),
        GenerationVerdict.Conflict => Refused(ApplyRefusal.VersionConflict, Text(version)),
        GenerationVerdict.Unknown => throw Check.Unreachable(verdict),
    };

    private static ApplyStep Done(ApplyVerdict verdict, long revision, long specRevision = 0) =>
        new(new ApplyResult(verdict, revision, specRevision), ApplyRefusal.Unknown, "");

    private static ApplyStep Refused(ApplyRefusal why, string held = "") => new(null, why, held);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
