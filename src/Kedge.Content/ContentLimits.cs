using Kedge.Core.Models;

namespace Kedge.Content;

/// <summary>Bounds of chunking, packaging and signing, each with unit and reason.</summary>
public static class ContentLimits
{
    /// <summary>
    /// Shortest chunk but for a file's last, in bytes: below it a chunk's record costs more than it saves.
    /// </summary>
    public const int ChunkBytesMin = 16 * 1024;

    /// <summary>
    /// Length that chunks centre on, in bytes: weights change in large blocks, a request costs a round trip.
    /// </summary>
    public const int ChunkBytesAverage = 64 * 1024;

    /// <summary>Shortest chunk of a large file but for its last, in bytes.</summary>
    public const int LargeChunkBytesMin = 64 * 1024;

    /// <summary>
    /// Length that chunks of a large file centre on, in bytes: half as many entries in a manifest that a device reads.
    /// </summary>
    public const int LargeChunkBytesAverage = 128 * 1024;

    /// <summary>Longest chunk, in bytes.</summary>
    public const int ChunkBytesMax = ModelLimits.ChunkBytesMax;

    /// <summary>Nesting of JSON that is read here: the deepest of the documents has eight levels.</summary>
    public const int JsonDepthMax = 16;

    /// <summary>Names in a <c>critical</c> list.</summary>
    public const int CriticalMax = 32;

    /// <summary>Characters of any field's name: unknown ones are skipped, but not without bound.</summary>
    public const int FieldNameCharsMax = 1_024;

    /// <summary>Characters of a field's name in a <c>critical</c> list.</summary>
    public const int FieldCharsMax = 64;

    /// <summary>Signatures of one envelope: an author, a reviewer, a rotation; each costs a verification.</summary>
    public const int SignaturesMax = 16;

    /// <summary>Characters of a key id in an envelope; ours have <see cref="Core.Digest.TextChars"/>.</summary>
    public const int KeyIdCharsMax = 256;

    /// <summary>
    /// Characters of one signature in base64: P-256 in DER has at most 72 bytes, others may pass through.
    /// </summary>
    public const int SignatureCharsMax = 2_048;

    /// <summary>Characters of an envelope's payload type.</summary>
    public const int PayloadTypeCharsMax = 256;

    /// <summary>Rules of a signing policy: one for each key of an organisation.</summary>
    public const int PolicyRulesMax = 256;

    /// <summary>Model names or prefixes of one rule.</summary>
    public const int PolicyModelsMax = 256;

    /// <summary>Characters of the reason of a rule.</summary>
    public const int PolicyReasonCharsMax = 512;

    /// <summary>Characters of a public key in base64: P-256 takes 124.</summary>
    public const int PublicKeyCharsMax = 512;

    /// <summary>Bytes of a signing policy: every bound above reached at once stays below 6 MiB.</summary>
    public const int PolicyBytesMax = 6 * 1024 * 1024;

    /// <summary>Bytes of a model signature: <see cref="SignedFilesMax"/> files of usual names take less.</summary>
    public const int BundleBytesMax = ModelLimits.EnvelopeBytesMax;

    /// <summary>Model signatures beside one package: the author's, ours, a reviewer's, an older one.</summary>
    public const int ModelSignaturesMax = 4;

    /// <summary>Files that one model signature lists: a data set beside a model, not a machine's disk.</summary>
    public const int SignedFilesMax = 65_536;

    /// <summary>Characters of a path in a model signature: what a Linux path may have.</summary>
    public const int SignedPathCharsMax = 4_096;

    /// <summary>Paths that a signer left out on purpose.</summary>
    public const int IgnoredPathsMax = 256;

    /// <summary>Certificates of one chain: a signer, a few intermediates, a root.</summary>
    public const int ChainMax = 16;

    /// <summary>Characters of a certificate in base64: one with RSA keys and many names has some thousand.</summary>
    public const int CertificateCharsMax = 32_768;

    /// <summary>Fields of one object whose fields must differ; ours have less than ten.</summary>
    public const int FieldsMax = 64;

    /// <summary>Versions count up to here, so that they survive every JSON reader: 2^53-1.</summary>
    public const long VersionMax = (1L << 53) - 1;

    /// <summary>Versions of the owner key: one a year for a lifetime; a device follows all from its own on.</summary>
    public const int OwnerVersionsMax = 64;

    /// <summary>Times go up to the end of the year 9999, Unix milliseconds: what calendars here can hold.</summary>
    public const long TimeMsMax = 253_402_300_799_999;

    /// <summary>
    /// Bytes that a runtime takes before any weight is loaded: measured 36 MB for one ONNX Runtime session.
    /// </summary>
    public const long RuntimeBytes = 40L * 1024 * 1024;
}
