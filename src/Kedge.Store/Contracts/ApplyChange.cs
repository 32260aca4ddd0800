using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>One object of a manifest.</summary>
[Closed]
public abstract record ApplyChange
{
    private ApplyChange()
    {
    }

    /// <summary>A deployment, created or updated.</summary>
    /// <param name="Write">The deployment.</param>
    public sealed record OfDeployment(DeploymentWrite Write) : ApplyChange;

    /// <summary>A device that is enrolled already.</summary>
    /// <param name="Write">What changes about it.</param>
    public sealed record OfDevice(DeviceWrite Write) : ApplyChange;

    /// <summary>A tag of a model.</summary>
    /// <param name="Move">What it names from now on.</param>
    public sealed record OfTag(TagMove Move) : ApplyChange;

    /// <summary>A new enrolment token.</summary>
    /// <param name="Token">The token.</param>
    public sealed record OfToken(EnrolmentTokenRow Token) : ApplyChange;

    /// <summary>A site, created or changed.</summary>
    /// <param name="Site">The site.</param>
    public sealed record OfSite(SiteRow Site) : ApplyChange;

    /// <summary>A document that the owner key signed; the version that holds already is no change.</summary>
    /// <param name="Document">The document.</param>
    public sealed record OfTrust(TrustRow Document) : ApplyChange;
}
