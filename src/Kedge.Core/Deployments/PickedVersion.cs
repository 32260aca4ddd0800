namespace Kedge.Core.Deployments;

/// <summary>One version of a model.</summary>
/// <param name="Tag">Its tag, which is the version in the address.</param>
/// <param name="Digest">The package that the tag names.</param>
public sealed record PickedVersion(string Tag, Digest Digest);
