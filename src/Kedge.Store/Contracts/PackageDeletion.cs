using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a package that was to go.</summary>
[Closed]
public abstract record PackageDeletion
{
    private PackageDeletion()
    {
    }

    /// <summary>It is gone, and the tags that named it. Its chunks stay until they are collected.</summary>
    public sealed record Deleted : PackageDeletion;

    /// <summary>There is none of that digest.</summary>
    public sealed record NotFound : PackageDeletion;

    /// <summary>A kept revision of a deployment names it.</summary>
    /// <param name="Deployment">The first by name.</param>
    public sealed record Referenced(DeploymentId Deployment) : PackageDeletion;
}
