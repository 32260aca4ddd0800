using Kedge.Core.Errors;

namespace Kedge.Oci;

/// <summary>What can go wrong with registries and layouts of the Open Container Initiative.</summary>
public static class OciErrors
{
    /// <summary>Place not understood.</summary>
    public static readonly ErrorCode Place = new(
        "KEDGE-OCI-001",
        "The text names no place for an artifact.",
        "Write oci://HOST[:PORT]/REPOSITORY:TAG, the same with @sha256:..., or oci-layout:FOLDER[:TAG].");

    /// <summary>Registry unreachable.</summary>
    public static readonly ErrorCode Unreachable = new(
        "KEDGE-OCI-002",
        "The registry cannot be reached, or does not answer in time.",
        "Check its address and that it runs; --plain-http calls one that has no TLS.");

    /// <summary>Not allowed.</summary>
    public static readonly ErrorCode Unauthorized = new(
        "KEDGE-OCI-003",
        "The registry wants other credentials than it got.",
        "Log in with a tool that writes Docker's config.json, name such a file with --registry-auth, or set "
        + "KEDGE_REGISTRY_USER and KEDGE_REGISTRY_PASSWORD.");

    /// <summary>Not there.</summary>
    public static readonly ErrorCode NotFound = new(
        "KEDGE-OCI-004",
        "There is no such artifact.",
        "Check repository and tag; 'skopeo list-tags' shows what a registry has.");

    /// <summary>Registry refused.</summary>
    public static readonly ErrorCode Refused = new(
        "KEDGE-OCI-005",
        "The registry refused a call.",
        "The message has the registry's own words; its log says more.");

    /// <summary>Too much.</summary>
    public static readonly ErrorCode TooLarge = new(
        "KEDGE-OCI-006",
        "More bytes came, or were announced, than can be right.",
        "Nothing was taken over. If the artifact is honest, it is larger than what this version takes.");

    /// <summary>Other bytes.</summary>
    public static readonly ErrorCode DigestMismatch = new(
        "KEDGE-OCI-007",
        "The bytes that came are not those that their digest names.",
        "Nothing was taken over. The registry's store is damaged, or somebody changes what it sends.");

    /// <summary>Manifest unreadable.</summary>
    public static readonly ErrorCode Manifest = new(
        "KEDGE-OCI-008",
        "A manifest or index of the artifact cannot be read.",
        "Push the artifact again with a tool that follows the OCI image specification 1.1.");

    /// <summary>Another kind of artifact.</summary>
    public static readonly ErrorCode NotAModel = new(
        "KEDGE-OCI-009",
        "The artifact is no model by the ModelPack specification.",
        "Push it as one: its artifact type is application/vnd.cncf.model.manifest.v1+json.");

    /// <summary>Layer of a type that is not taken.</summary>
    public static readonly ErrorCode LayerType = new(
        "KEDGE-OCI-010",
        "A layer of the artifact is packed in a way that is not taken.",
        "Build the artifact with raw layers, one for each file, as application/vnd.cncf.model.weight.v1.raw.");

    /// <summary>Path of a layer not allowed.</summary>
    public static readonly ErrorCode FilePath = new(
        "KEDGE-OCI-011",
        "A layer names its file in a way that is not allowed, or two layers name the same one.",
        "Give each layer a relative path of letters, digits, dots, underscores, plus signs and hyphens in "
        + "org.cncf.model.filepath.");

    /// <summary>Led elsewhere.</summary>
    public static readonly ErrorCode Redirect = new(
        "KEDGE-OCI-012",
        "The registry leads to a place that it may not lead to.",
        "Credentials go to the registry alone, and from TLS nothing leads to plain HTTP: ask its operator.");

    /// <summary>Credentials unreadable.</summary>
    public static readonly ErrorCode Credentials = new(
        "KEDGE-OCI-013",
        "The file of credentials cannot be used.",
        "Give one in the form of Docker's config.json, with user and password in 'auths'; helpers are not run.");

    /// <summary>Envelope of other files.</summary>
    public static readonly ErrorCode OtherFiles = new(
        "KEDGE-OCI-014",
        "The signed package in the artifact does not describe the files of the artifact.",
        "The artifact was changed after it was signed: export the package again, or import it with --sign-anew.");

    /// <summary>No layout.</summary>
    public static readonly ErrorCode Layout = new(
        "KEDGE-OCI-015",
        "The folder is no OCI image layout, or one of another version.",
        "Name a folder with a file 'oci-layout' of version 1.0.0; export makes one where nothing is.");

    /// <summary>Broke too often.</summary>
    public static readonly ErrorCode Broken = new(
        "KEDGE-OCI-016",
        "A transfer broke off too often.",
        "Run the command again: what the registry has whole is not sent again.");
}
