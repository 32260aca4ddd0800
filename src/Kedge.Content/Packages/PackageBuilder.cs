using System.Collections.Immutable;
using Kedge.Content.Chunking;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// Makes a package of variants that <see cref="VariantInspector"/> found acceptable: they must be one model, then comes
/// the manifest. Same request, same bytes. It holds no file in memory but the golden samples; chunks are read from the
/// files when they are sent, and checked again.
/// </summary>
public static class PackageBuilder
{
    /// <summary>Where the golden samples lie in the package.</summary>
    public const string GoldenPath = "golden.json";

    private const string Producer = "producer";

    /// <summary>
    /// Builds the package that <paramref name="request"/> asks for, or says everything that is wrong.
    /// </summary>
    public static BuildOutcome Build(PackageRequest request)
    {
        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        PackageManifest manifest = Manifest(request, findings);
        findings.AddRange(PackageManifestCheck.Findings(manifest));
        if (findings.Count > 0)
        {
            return new BuildOutcome.Refused(findings.DrainToImmutable());
        }

        byte[] payload = PackageFormat.Write(manifest);
        if (payload.Length > ModelLimits.ManifestBytesMax)
        {
            return new BuildOutcome.Refused([ContentErrors.TooLarge.At(
                $"The manifest has {payload.Length} bytes; at most {ModelLimits.ManifestBytesMax} are allowed.")]);
        }

        return new BuildOutcome.Built
        {
            Manifest = manifest,
            Payload = [.. payload],
            Identity = PackageIdentity.Of(manifest.Name, payload),
            Chunks = Chunks(manifest, request),
        };
    }

    private static PackageManifest Manifest(PackageRequest request, ImmutableArray<Finding>.Builder findings)
    {
        (ImmutableArray<TensorDeclaration> inputs, ImmutableArray<TensorDeclaration> outputs) =
            VariantAgreement.Of(request.Variants, findings);
        return new PackageManifest
        {
            Name = request.Name,
            CreatedAtMs = request.CreatedAtMs,
            Inputs = request.Graph?.Inputs ?? inputs,
            Outputs = request.Graph?.Outputs ?? outputs,
            Variants = [.. request.Variants.Select(static one => one.Variant)],
            Golden = request.Golden is not { } golden ? null : new GoldenSet
            {
                File = FileChunker.Cut(GoldenPath, golden.File.Span),
                Source = golden.Source,
                SampleCount = golden.SampleCount,
            },
            Reference = request.Reference,
            Graph = request.Graph?.Graph,
            Labels = request.Labels,
            Provenance = WithProducer(request),
        };
    }

    private static ImmutableSortedDictionary<string, string> WithProducer(PackageRequest request)
    {
        string said = request.Variants.Select(static one => one.Gate.Producer).FirstOrDefault(
            static producer => producer.Length > 0, "");
        string clean = string.Concat(said.Where(static c => !char.IsControl(c)));
        return clean.Length == 0 || request.Provenance.ContainsKey(Producer)
            ? request.Provenance
            : request.Provenance.Add(
                Producer, clean[..Math.Min(clean.Length, ModelLimits.ProvenanceValueCharsMax)]);
    }

    private static ImmutableArray<ChunkSource> Chunks(PackageManifest manifest, PackageRequest request)
    {
        List<ModelFile> files = [.. request.Variants.SelectMany(static one => one.Files)];
        if (request.Golden is { } golden)
        {
            files.Add(ModelFile.Of(GoldenPath, golden.File));
        }

        ImmutableArray<ChunkSource>.Builder sources = ImmutableArray.CreateBuilder<ChunkSource>();
        HashSet<Digest> seen = [];
        foreach ((PackageFile file, ModelFile content) in manifest.AllFiles().Zip(files))
        {
            long offset = 0;
            foreach (ChunkRef chunk in file.Chunks)
            {
                if (seen.Add(chunk.Digest))
                {
                    sources.Add(new ChunkSource(chunk, content, offset));
                }

                offset += chunk.Bytes;
            }
        }

        return sources.DrainToImmutable();
    }
}
