using Kedge.Core.Errors;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>What can be wrong with a model signature, or with the files that it speaks of.</summary>
public static class ModelSigningErrors
{
    /// <summary>Bundle not readable.</summary>
    public static readonly ErrorCode Bundle = new(
        "KEDGE-TRUST-011",
        "A model signature is no Sigstore bundle of version 0.3 with one signature by a key or a certificate.",
        "Take the signature file as the signer wrote it; cut off, edited or joined ones are refused as a whole.");

    /// <summary>Statement not readable.</summary>
    public static readonly ErrorCode Statement = new(
        "KEDGE-TRUST-012",
        "What was signed is no statement about a model's files that this version can check.",
        "Sign with method 'files' and SHA-256, which 'kedge model sign' and the model-signing tool do by themselves.");

    /// <summary>Root digest wrong.</summary>
    public static readonly ErrorCode Root = new(
        "KEDGE-TRUST-013",
        "The digest of the model in a signature is not the one that its list of files gives.",
        "Sign the model again: files were added, taken out or put in another order after they were listed.");

    /// <summary>Another key.</summary>
    public static readonly ErrorCode Key = new(
        "KEDGE-TRUST-014",
        "The model signature was made by another key than the one given, or not by a key of this kind.",
        "Give the public half of the signing key: ECDSA on P-256, P-384 or P-521, as PEM.");

    /// <summary>Signature wrong.</summary>
    public static readonly ErrorCode Signature = new(
        "KEDGE-TRUST-015",
        "The model signature does not match what it claims to sign.",
        "Get model and signature from where they were made again; do not use what you have.");

    /// <summary>Chain wrong.</summary>
    public static readonly ErrorCode Chain = new(
        "KEDGE-TRUST-016",
        "The signing certificate does not lead to the root that was given.",
        "Give the root that issued it; intermediates come with the signature or by --chain.");

    /// <summary>Certificate not for signing.</summary>
    public static readonly ErrorCode Usage = new(
        "KEDGE-TRUST-017",
        "The certificate may not sign models: its key usage lacks signatures, or its key is of another kind.",
        "Sign with a certificate that allows digital signatures or code signing, on P-256, P-384 or P-521.");

    /// <summary>File changed.</summary>
    public static readonly ErrorCode FileChanged = new(
        "KEDGE-TRUST-018",
        "A file of the model has other bytes than were signed.",
        "Get the file from where it was signed again; do not use what you have.");

    /// <summary>File missing.</summary>
    public static readonly ErrorCode FileMissing = new(
        "KEDGE-TRUST-019",
        "A file that was signed is not there under its name.",
        "Bring the file back under the name that was signed.");

    /// <summary>File added.</summary>
    public static readonly ErrorCode FileAdded = new(
        "KEDGE-TRUST-020",
        "A file lies in the model's folder that was not signed.",
        "Take the file away, or name it with --ignore when it does not belong to the model.");

    /// <summary>Path refused.</summary>
    public static readonly ErrorCode Path = new(
        "KEDGE-TRUST-021",
        "A path of a model cannot be signed or checked: it is a link, leads outside, or is named twice.",
        "Put regular files into the folder, and nothing else.");
}
