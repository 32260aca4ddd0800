using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// Reads the parts of a manifest. What is missing gets a value that <see cref="PackageManifestCheck"/> finds.
/// </summary>
internal static class PackageReader
{
    /// <summary>Fields that this version knows, so that a document may call them critical.</summary>
    public static readonly ImmutableArray<string> Fields =
    [
        "schema", "critical", "name", "createdAtMs", "inputs", "outputs", "variants", "golden", "reference",
        "labels", "graph", "provenance",
    ];

    public static bool TryManifest(
        ref JsonCursor cursor, out PackageManifest? manifest, out ImmutableArray<string> critical)
    {
        manifest = null;
        critical = [];
        int schema = 0;
        string name = "";
        long createdAtMs = -1;
        ImmutableArray<TensorDeclaration> inputs = [];
        ImmutableArray<TensorDeclaration> outputs = [];
        ImmutableArray<ModelVariant> variants = [];
        GoldenSet? golden = null;
        string reference = "";
        string labels = "";
        PackageGraph? graph = null;
        ImmutableSortedDictionary<string, string> provenance =
            ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "schema" => cursor.TryNumber(out schema),
                "critical" => CriticalFields.TryRead(ref cursor, out critical),
                "name" => cursor.TryText(Ids.NameCharsMax, out name),
                "createdAtMs" => cursor.TryNumber(out createdAtMs),
                "inputs" => TryTensors(ref cursor, out inputs),
                "outputs" => TryTensors(ref cursor, out outputs),
                "variants" => JsonLists.TryItems(ref cursor, ModelLimits.VariantsMax, TryVariant, out variants),
                "golden" => TryGolden(ref cursor, out golden),
                "reference" => cursor.TryText(ModelLimits.ReferenceCharsMax, out reference),
                "labels" => cursor.TryText(ModelLimits.PathCharsMax, out labels),
                "graph" => PackageGraphReader.TryRead(ref cursor, out graph),
                "provenance" => TryProvenance(ref cursor, out provenance),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        manifest = new PackageManifest
        {
            Schema = schema,
            Name = name,
            CreatedAtMs = createdAtMs,
            Inputs = inputs,
            Outputs = outputs,
            Variants = variants,
            Golden = golden,
            Reference = reference,
            Labels = labels,
            Graph = graph,
            Provenance = provenance,
        };
        return cursor.Failure is null;
    }

    internal static bool TryTensors(ref JsonCursor cursor, out ImmutableArray<TensorDeclaration> tensors) =>
        JsonLists.TryItems(ref cursor, ModelLimits.TensorsMax, TryTensor, out tensors);

    private static bool TryTensor(ref JsonCursor cursor, out TensorDeclaration? tensor)
    {
        tensor = null;
        string name = "";
        string datatype = "";
        ImmutableArray<long> shape = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "name" => cursor.TryText(ModelLimits.TensorNameCharsMax, out name),
                "datatype" => cursor.TryText(PackageWords.CharsMax, out datatype),
                "shape" => JsonLists.TryNumbers(ref cursor, ModelLimits.RankMax, out shape),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        tensor = new TensorDeclaration { Name = name, Datatype = datatype, Shape = shape };
        return cursor.Failure is null;
    }

    private static bool TryVariant(ref JsonCursor cursor, out ModelVariant? variant)
    {
        variant = null;
        string name = "", format = "", precision = "", accelerator = "", entryFile = "";
        ImmutableArray<string> architectures = [];
        ImmutableArray<string> isaFeatures = [];
        long memoryBytes = 0;
        ImmutableArray<PackageFile> files = [];
        ImmutableArray<VariantCost> costs = [];
        GoldenTolerance? tolerance = null;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "name" => cursor.TryText(Ids.NameCharsMax, out name),
                "format" => cursor.TryText(PackageWords.CharsMax, out format),
                "precision" => cursor.TryText(Ids.NameCharsMax, out precision),
                "accelerator" => cursor.TryText(PackageWords.CharsMax, out accelerator),
                "architectures" => TryRequirements(ref cursor, out architectures),
                "isaFeatures" => TryRequirements(ref cursor, out isaFeatures),
                "memoryBytes" => cursor.TryNumber(out memoryBytes),
                "entryFile" => cursor.TryText(ModelLimits.PathCharsMax, out entryFile),
                "files" => JsonLists.TryItems(ref cursor, ModelLimits.FilesPerVariantMax, TryFile, out files),
                "costs" => JsonLists.TryItems(ref cursor, ModelLimits.CostsMax, VariantReader.TryCost, out costs),
                "tolerance" => VariantReader.TryTolerance(ref cursor, out tolerance),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        variant = new ModelVariant
        {
            Name = name,
            Format = PackageWords.Format(format),
            Precision = precision,
            Accelerator = PackageWords.Accelerator(accelerator),
            Architectures = architectures,
            IsaFeatures = isaFeatures,
            MemoryBytes = memoryBytes,
            EntryFile = entryFile,
            Files = files,
            Costs = costs,
            Tolerance = tolerance,
        };
        return cursor.Failure is null;
    }

    private static bool TryRequirements(ref JsonCursor cursor, out ImmutableArray<string> names) =>
        JsonLists.TryTexts(ref cursor, ModelLimits.RequirementsMax, ModelLimits.RequirementCharsMax, out names);

    private static bool TryFile(ref JsonCursor cursor, out PackageFile? file)
    {
        file = null;
        string path = "";
        long bytes = 0;
        Digest digest = default;
        ImmutableArray<ChunkRef> chunks = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "path" => cursor.TryText(ModelLimits.PathCharsMax, out path),
                "bytes" => cursor.TryNumber(out bytes),
                "digest" => cursor.TryDigest(out digest),
                "chunks" => JsonLists.TryItems(ref cursor, ModelLimits.ChunksMax, TryChunk, out chunks),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        file = new PackageFile { Path = path, Bytes = bytes, Digest = digest, Chunks = chunks };
        return cursor.Failure is null;
    }

    private static bool TryChunk(ref JsonCursor cursor, out ChunkRef? chunk)
    {
        chunk = null;
        Digest digest = default;
        int bytes = 0;
        if (!cursor.TryCount(ModelLimits.ChunksMax, "chunks") || !cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "digest" => cursor.TryDigest(out digest),
                "bytes" => cursor.TryNumber(out bytes),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        chunk = new ChunkRef(digest, bytes);
        return cursor.Failure is null;
    }

    private static bool TryGolden(ref JsonCursor cursor, out GoldenSet? golden)
    {
        golden = null;
        if (cursor.IsNull)
        {
            return true;
        }

        string source = "";
        int sampleCount = 0;
        PackageFile? file = null;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "source" => cursor.TryText(PackageWords.CharsMax, out source),
                "sampleCount" => cursor.TryNumber(out sampleCount),
                "file" => TryFile(ref cursor, out file),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        if (file is null)
        {
            return cursor.Fail("the golden set names no file");
        }

        golden = new GoldenSet { File = file, Source = PackageWords.Source(source), SampleCount = sampleCount };
        return cursor.Failure is null;
    }

    private static bool TryProvenance(ref JsonCursor cursor, out ImmutableSortedDictionary<string, string> provenance)
    {
        ImmutableSortedDictionary<string, string>.Builder entries =
            ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        provenance = entries.ToImmutable();
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string key))
        {
            if (!cursor.TryText(ModelLimits.ProvenanceValueCharsMax, out string value))
            {
                return false;
            }

            entries[key] = value;
            if (entries.Count > ModelLimits.ProvenanceMax)
            {
                return cursor.Fail($"there are more than {ModelLimits.ProvenanceMax} provenance entries");
            }
        }

        provenance = entries.ToImmutable();
        return cursor.Failure is null;
    }
}
