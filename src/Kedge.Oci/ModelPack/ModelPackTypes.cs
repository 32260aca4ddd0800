namespace Kedge.Oci.ModelPack;

/// <summary>Words of the CNCF ModelPack specification, version 1, and ours beside them.</summary>
public static class ModelPackTypes
{
    /// <summary>Kind of artifact: a model.</summary>
    public const string Artifact = "application/vnd.cncf.model.manifest.v1+json";

    /// <summary>The configuration: what the model is.</summary>
    public const string Config = "application/vnd.cncf.model.config.v1+json";

    /// <summary>A layer that is one file with weights, as it is.</summary>
    public const string Weight = "application/vnd.cncf.model.weight.v1.raw";

    /// <summary>A layer that is one file that goes with the weights, as it is.</summary>
    public const string WeightConfig = "application/vnd.cncf.model.weight.config.v1.raw";

    /// <summary>A layer that is one file of samples, as it is.</summary>
    public const string Dataset = "application/vnd.cncf.model.dataset.v1.raw";

    /// <summary>A layer that is one file of documentation, as it is.</summary>
    public const string Document = "application/vnd.cncf.model.doc.v1.raw";

    /// <summary>A layer that is one file of code, as it is; never taken over.</summary>
    public const string Code = "application/vnd.cncf.model.code.v1.raw";

    /// <summary>Annotation of a layer: the file's path.</summary>
    public const string FilePath = "org.cncf.model.filepath";

    /// <summary>Path of the layer with our signed package: documentation to every other tool.</summary>
    public const string EnvelopePath = "kedge-package.dsse.json";

    /// <summary>Annotation of a manifest: digest of the signed package that it holds.</summary>
    public const string PackageDigest = "dev.kedge.package.digest";

    /// <summary>Kind of artifact and media type of a referrer: the signed package, a DSSE envelope.</summary>
    public const string Envelope = "application/vnd.kedge.package.envelope.v1+json";
}
