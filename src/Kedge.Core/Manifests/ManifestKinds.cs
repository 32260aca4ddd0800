using System.Collections.Immutable;

namespace Kedge.Core.Manifests;

/// <summary>The kinds of objects, each with its table of fields.</summary>
public static class ManifestKinds
{
    /// <summary>What runs where.</summary>
    public const string Deployment = "Deployment";

    /// <summary>One machine.</summary>
    public const string Device = "Device";

    /// <summary>One model.</summary>
    public const string Model = "Model";

    /// <summary>A permission to enrol.</summary>
    public const string EnrollmentToken = "EnrollmentToken";

    /// <summary>Who may sign models.</summary>
    public const string SigningPolicy = "SigningPolicy";

    /// <summary>A place whose devices share one line.</summary>
    public const string Site = "Site";

    /// <summary>Several objects in one, as <c>kedge get -o yaml</c> prints them.</summary>
    public const string List = "List";

    /// <summary>Every kind that can be applied, in the order in which documents list them.</summary>
    public static ImmutableArray<KindSchema> All { get; } =
    [
        DeploymentFields.Kind, DeviceFields.Kind, ModelFields.Kind, TokenFields.Kind, SigningPolicyFields.Kind,
        SiteFields.Kind,
    ];

    /// <summary>Kinds whose names are kept for later versions.</summary>
    public static ImmutableArray<string> Reserved { get; } = ["Pipeline", "Job"];

    /// <summary>The kind with this exact name, or null.</summary>
    public static KindSchema? Find(string? kind) => All.FirstOrDefault(schema => schema.Kind == kind);
}
