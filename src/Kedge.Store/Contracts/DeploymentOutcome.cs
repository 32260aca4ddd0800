using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a deployment that was applied.</summary>
[Closed]
public abstract record DeploymentOutcome
{
    private DeploymentOutcome()
    {
    }

    /// <summary>It is there now.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record Created(DeploymentRow Row) : DeploymentOutcome;

    /// <summary>It has a new revision.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record Updated(DeploymentRow Row) : DeploymentOutcome;

    /// <summary>The newest revision says the same.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record Unchanged(DeploymentRow Row) : DeploymentOutcome;

    /// <summary>Somebody else changed it first.</summary>
    /// <param name="HeldRevision">Revision that it has; 0 when it is not there.</param>
    public sealed record Conflict(long HeldRevision) : DeploymentOutcome;

    /// <summary>It is being deleted: apply it again when it is gone.</summary>
    public sealed record Deleting : DeploymentOutcome;

    /// <summary>A package that it names is not there.</summary>
    /// <param name="Package">Which.</param>
    public sealed record PackageMissing(Digest Package) : DeploymentOutcome;
}
