namespace Kedge.Store.Contracts;

/// <summary>What became of one object of a manifest.</summary>
/// <param name="Verdict">Created, updated or unchanged.</param>
/// <param name="Revision">Its revision from now on.</param>
/// <param name="SpecRevision">Number of a deployment's newest spec; 0 for other kinds.</param>
public sealed record ApplyResult(ApplyVerdict Verdict, long Revision, long SpecRevision);
