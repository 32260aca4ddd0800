namespace Kedge.Core.Models;

/// <summary>Bounds of a package, each with unit and reason. What exceeds one is refused, never cut.</summary>
public static class ModelLimits
{
    /// <summary>Variants of one package: formats times precisions times accelerators, with room.</summary>
    public const int VariantsMax = 16;

    /// <summary>Files of one variant: a model, its weights in parts, tokenizers and labels.</summary>
    public const int FilesPerVariantMax = 64;

    /// <summary>
    /// Bytes of one file: 16 GiB, a whole package. Weights of 7 billion numbers in 16 bits are one file of 14 GiB.
    /// </summary>
    public const long FileBytesMax = PackageBytesMax;

    /// <summary>Bytes of all files of a package: 16 GiB, what <see cref="ChunksMax"/> chunks of a large file
    /// hold.</summary>
    public const long PackageBytesMax = 16L * 1024 * 1024 * 1024;

    /// <summary>
    /// Bytes from which a file is cut into longer chunks: 1 GiB. Below it short chunks find more of what two versions
    /// share; above it a device could not hold the list of them.
    /// </summary>
    public const long LargeFileBytes = 1024L * 1024 * 1024;

    /// <summary>
    /// Bytes of one chunk: the longest that the chunker cuts, and small enough to hold in memory many times.
    /// </summary>
    public const int ChunkBytesMax = 256 * 1024;

    /// <summary>
    /// Chunks of all files of a package, so that its manifest stays below <see cref="ManifestBytesMax"/>.
    /// </summary>
    public const int ChunksMax = 131_072;

    /// <summary>
    /// Bytes of a manifest: a chunk takes up to 104 of them, the rest of the manifest less than 2 MiB.
    /// </summary>
    public const int ManifestBytesMax = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of a signed envelope: base64 of a manifest is a third longer, and signatures come on top.
    /// </summary>
    public const int EnvelopeBytesMax = 22 * 1024 * 1024;

    /// <summary>Inputs, and outputs, of a model.</summary>
    public const int TensorsMax = 256;

    /// <summary>Axes of a declared tensor.</summary>
    public const int RankMax = 16;

    /// <summary>Characters of a tensor's name: exporters write whole module paths.</summary>
    public const int TensorNameCharsMax = 256;

    /// <summary>Characters of a path within a package.</summary>
    public const int PathCharsMax = 200;

    /// <summary>Folders and file of a path within a package.</summary>
    public const int PathSegmentsMax = 8;

    /// <summary>Architectures, and instruction set features, of a variant.</summary>
    public const int RequirementsMax = 32;

    /// <summary>Characters of an architecture's or feature's name.</summary>
    public const int RequirementCharsMax = 32;

    /// <summary>
    /// Samples of a golden set: each is run before a version answers, so many would delay every start.
    /// </summary>
    public const int GoldenSamplesMax = 1_000;

    /// <summary>Bytes of a golden file: read whole into memory on the device.</summary>
    public const long GoldenBytesMax = 32L * 1024 * 1024;

    /// <summary>Largest tolerance, absolute or relative: beyond it no answer is wrong.</summary>
    public const double ToleranceMax = 1e12;

    /// <summary>Hardware classes that a variant was measured on.</summary>
    public const int CostsMax = 32;

    /// <summary>Longest time of one answer that can be recorded, in microseconds: one hour.</summary>
    public const long LatencyUsMax = 3_600_000_000;

    /// <summary>Memory that can be recorded, in bytes: 16 TiB, beyond any machine that is meant.</summary>
    public const long MemoryBytesMax = 16L * 1024 * 1024 * 1024 * 1024;

    /// <summary>Characters of a reference: 16 tensors with a dozen bins.</summary>
    public const int ReferenceCharsMax = Measure.ValueReference.CharsMax;

    /// <summary>Bytes of a graph file: 64 steps with all their parameters stay far below.</summary>
    public const int GraphBytesMax = 64 * 1024;

    /// <summary>Models that a graph runs, the package's own among them: each is a session with memory of its
    /// own.</summary>
    public const int GraphMembersMax = 17;

    /// <summary>Characters of a member's name.</summary>
    public const int GraphNameCharsMax = 128;

    /// <summary>Bytes of a file of labels: ImageNet's 21,841 classes take 1 MB.</summary>
    public const int LabelsBytesMax = 4 * 1024 * 1024;

    /// <summary>Provenance entries of a package.</summary>
    public const int ProvenanceMax = 64;

    /// <summary>Characters of a provenance key.</summary>
    public const int ProvenanceKeyCharsMax = 64;

    /// <summary>Characters of a provenance value.</summary>
    public const int ProvenanceValueCharsMax = 1_024;

    /// <summary>Milliseconds since 1970 of the last moment of the year 9999.</summary>
    public const long TimeMsMax = 253_402_300_799_999;
}
