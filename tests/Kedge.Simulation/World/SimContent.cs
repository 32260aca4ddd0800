using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kedge.Content.Chunking;
using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.Simulation.World;

/// <summary>What a simulated release does once it runs.</summary>
internal enum Behaviour
{
    /// <summary>It is right.</summary>
    Good = 0,

    /// <summary>It misses its golden samples.</summary>
    FailsGolden = 1,

    /// <summary>It serves for a while and dies, each time.</summary>
    Crashes = 2,

    /// <summary>It is signed by a key that the policy does not know.</summary>
    ForeignKey = 3,

    /// <summary>It misses its golden samples on one kind of hardware, and is right on the other.</summary>
    FailsOnOneKind = 4,

    /// <summary>It serves, and its answers take several times as long.</summary>
    Slow = 5,

    /// <summary>It serves, and a share of its answers are errors.</summary>
    Wrong = 6,

    /// <summary>It serves well and holds more memory with every second.</summary>
    Leaks = 7,

    /// <summary>It serves well for a while; then a share of its answers are errors.</summary>
    WrongLater = 8,

    /// <summary>A share of its answers are errors on one kind of hardware; it is right on the other.</summary>
    WrongOnOneKind = 9,

    /// <summary>It serves for a while, then lives and answers nothing, each time.</summary>
    Hangs = 10,
}

/// <summary>One model package of the simulation, signed for real.</summary>
internal sealed record SimPackage(
    string Tag, Behaviour Behaviour, Digest Digest, PackageManifest Manifest, byte[] Envelope, byte[] Model)
{
    /// <summary>Its model.</summary>
    public PackageFile File => Manifest.Variants[0].Files[0];

    /// <summary>The graph around it; empty for none.</summary>
    public byte[] Graph { get; init; } = [];

    /// <summary>Every file with its bytes.</summary>
    public IEnumerable<(PackageFile File, byte[] Bytes)> Files => Manifest.Variants[0].Files.Zip([Model, Graph]);
}

/// <summary>
/// Keys, trust documents and packages, made once: signing is what costs, and it is the same in every world. Signatures
/// are made until they have one fixed length, so that nothing in a world depends on their randomness.
/// </summary>
internal static class SimContent
{
    private const int SignatureBytes = 71;

    /// <summary>Numbers of a model that is large enough for its difference to be worth asking for.</summary>
    private const int Weights = 9_000;

    /// <summary>Every so many of them a later version has moved a little.</summary>
    private const int TunedEvery = 40;
    private static long _differencesTaken;
    private static long _imagesStarted;
    private static readonly ConcurrentDictionary<(Digest Target, Digest Base), byte[]?> Differences = [];
    private static readonly ECDsa Owner = NewKey();
    private static readonly ECDsa Models = NewKey();
    private static readonly ECDsa Foreign = NewKey();

    /// <summary>The key that signs desired states.</summary>
    public static ECDsa Desired { get; } = NewKey();

    /// <summary>A key that nobody certified.</summary>
    public static ECDsa Intruder { get; } = NewKey();

    public static string OwnerKey { get; } = TrustedKey.Of(Owner).PublicKey;

    public static byte[] Trust { get; } = MakeTrust();

    public static IReadOnlyList<SimPackage> Packages { get; } =
    [
        Make("v1", Behaviour.Good, Models), Make(
            "v2", Behaviour.Good, Models), Make("v3", Behaviour.FailsGolden, Models),
        Make("v4", Behaviour.Good, Models), Make(
            "v5", Behaviour.Crashes,
            Models), Make("v6", Behaviour.ForeignKey, Foreign), Make("v7", Behaviour.FailsOnOneKind, Models),
        Make("v8", Behaviour.Slow, Models), Make("v9", Behaviour.Wrong, Models),
        Make("v10", Behaviour.Leaks, Models), Make("v11", Behaviour.WrongLater, Models),
        Make("v12", Behaviour.WrongOnOneKind, Models), Make("v13", Behaviour.Hangs, Models),
    ];

    /// <summary>A good one whose graph decodes images; drawn only in worlds where some devices cannot.</summary>
    public static SimPackage Images { get; } = Make("images", Behaviour.Good, Models, "a graph of images"u8.ToArray());

    private static readonly SimPackage[] All = [.. Packages, Images];
    private static readonly Dictionary<Digest, SimPackage> ByDigest = All.ToDictionary(static one => one.Digest);
    private static readonly Dictionary<Digest, byte[]> Chunks = AllChunks();

    /// <summary>Puts all packages into a store.</summary>
    public static void Upload(MemoryStore store, TenantId tenant)
    {
        foreach (SimPackage package in All)
        {
            ImmutableArray<ChunkRef> chunks = [.. package.Files.SelectMany(static one => one.File.Chunks)];
            Check.That(store.Chunks.AddAsync(tenant, chunks, 1, default).IsCompletedSuccessfully);
            Check.That(store.Packages.PutAsync(
                tenant,
                new PackageWrite
                {
                    Digest = package.Digest,
                    Name = "m",
                    Envelope = [.. package.Envelope],
                    ManifestJson = Encoding.UTF8.GetString(PackageFormat.Write(package.Manifest)),
                    Chunks = chunks,
                    AtMs = 1,
                },
                default).IsCompletedSuccessfully);
        }
    }

    public static SimPackage Of(Digest digest) => ByDigest[digest];

    /// <summary>Differences that came to their end, of all worlds: no seed may do without them unnoticed.</summary>
    public static long DifferencesTaken => Interlocked.Read(ref _differencesTaken);

    public static void TakeDifference() => Interlocked.Increment(ref _differencesTaken);

    /// <summary>Starts of <see cref="Images"/>, of all worlds: it must be tried.</summary>
    public static long ImagesStarted => Interlocked.Read(ref _imagesStarted);

    public static void StartImages() => Interlocked.Increment(ref _imagesStarted);

    public static byte[] ChunkOf(Digest digest) => Chunks[digest];

    /// <summary>
    /// What the server gives for two files, made by its own encoder; null where the target is too small for any. A base
    /// that it does not know is as good as none.
    /// </summary>
    public static byte[]? DifferenceOf(Digest target, Digest origin) =>
        Differences.GetOrAdd((target, origin), static pair => Make(pair.Target, pair.Base));

    private static byte[]? Make(Digest target, Digest origin)
    {
        SimPackage? wanted = Packages.FirstOrDefault(p => p.File.Digest == target);
        if (wanted is null || wanted.Model.Length < 4 * Weights)
        {
            return null;
        }

        using MemoryStream made = new();
        SimPackage? held = Packages.FirstOrDefault(p => p.File.Digest == origin);
        DeltaEncoder.Encode(Described(wanted), held is null ? null : Described(held), (at, part) =>
        {
            made.Position = at;
            made.Write(part);
        });
        return made.ToArray();
    }

    private static DeltaFile Described(SimPackage package)
    {
        long bytes = package.Model.Length / 4 * 4;
        Check.That(TensorMap.TryCreate(
            [new TensorSpan("w", ElementKind.Float32, 0, bytes)], package.Model.Length, out TensorMap map));
        return new DeltaFile(
            package.File.Digest, ModelFile.Of("model.onnx", package.Model), map, package.File.Chunks);
    }

    private static Dictionary<Digest, byte[]> AllChunks()
    {
        Dictionary<Digest, byte[]> chunks = [];
        foreach ((PackageFile file, byte[] bytes) in All.SelectMany(static package => package.Files))
        {
            int at = 0;
            foreach (ChunkRef chunk in file.Chunks)
            {
                chunks[chunk.Digest] = bytes.AsSpan(at, chunk.Bytes).ToArray();
                at += chunk.Bytes;
            }
        }

        return chunks;
    }

    /// <summary>
    /// Some models have weights, all of them from one training and each tuned a little; of the others a line is enough.
    /// </summary>
    private static byte[] ModelOf(string tag)
    {
        byte[] name = Encoding.UTF8.GetBytes($"the bytes of model {tag}");
        if (tag is not ("v1" or "v2" or "v4" or "v9"))
        {
            return name;
        }

        Rng trained = new(7);
        Rng tuned = new(Digest.Of(name).Leading);
        byte[] bytes = new byte[4 * Weights];
        for (int index = 0; index < Weights; index++)
        {
            double moved = index % TunedEvery == 0 ? 1e-3 * tuned.Fraction() : 0;
            BitConverter.TryWriteBytes(bytes.AsSpan(4 * index), (float)(trained.Fraction() - 0.5 + moved));
        }

        return bytes;
    }

    private static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static SimPackage Make(string tag, Behaviour behaviour, ECDsa signer, byte[]? graph = null)
    {
        byte[] model = ModelOf(tag);
        TensorDeclaration input = new() { Name = "x", Datatype = "FP32", Shape = [1] };
        TensorDeclaration output = new() { Name = "y", Datatype = "FP32", Shape = [1] };
        PackageManifest manifest = new()
        {
            Name = "m",
            CreatedAtMs = 1,
            Inputs = [input],
            Outputs = [output],
            Graph = graph is null ? null : new PackageGraph
            {
                Path = "graph.json",
                DecodesImages = true,
                Members = [new GraphMember { Name = PackageGraph.OwnMember, Inputs = [input], Outputs = [output] }],
            },
            Variants =
            [
                new ModelVariant
                {
                    Name = "onnx-fp32",
                    Format = ModelFormat.Onnx,
                    Precision = "fp32",
                    Accelerator = AcceleratorKind.Cpu,
                    Files = graph is null
                        ? [FileChunker.Cut("model.onnx", model)]
                        : [FileChunker.Cut("model.onnx", model), FileChunker.Cut("graph.json", graph)],
                    EntryFile = "model.onnx",
                },
            ],
        };
        byte[] payload = PackageFormat.Write(manifest);
        byte[] envelope = Fixed(() => Dsse.Sign(PackageFormat.PayloadType, payload, signer));
        return new SimPackage(tag, behaviour, Digest.Of(payload), manifest, envelope, model) { Graph = graph ?? [] };
    }

    private static byte[] MakeTrust()
    {
        SigningPolicyDocument policy = new()
        {
            Version = 1,
            Rules =
            [
                new PolicyRule
                {
                    KeyId = TrustedKey.Of(Models).KeyId,
                    PublicKey = TrustedKey.Of(Models).PublicKey,
                    Models = ["*"],
                },
            ],
        };
        TrustedKey desired = TrustedKey.Of(Desired);
        byte[] keys = Encoding.UTF8.GetBytes(
            $"{{\"version\":1,\"keys\":[{{\"keyId\":\"{desired.KeyId}\",\"spki\":\"{desired.PublicKey}\"}}]}}");
        TrustDocuments trust = new()
        {
            SigningPolicy = Encoding.UTF8.GetString(Fixed(
                () => Dsse.Sign(SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(policy), Owner))),
            DesiredKeys = Encoding.UTF8.GetString(Fixed(
                () => Dsse.Sign("application/vnd.kedge.desired-keys.v1+json", keys, Owner))),
        };
        return JsonSerializer.SerializeToUtf8Bytes(trust, WireJson.Default.TrustDocuments);
    }

    private static byte[] Fixed(Func<byte[]> sign)
    {
        while (true)
        {
            byte[] envelope = sign();
            Check.That(Dsse.TryParse(envelope, out DsseEnvelope? parsed, out _) && parsed is not null);
            if (parsed.Signatures[0].Signature.Length == SignatureBytes)
            {
                return envelope;
            }
        }
    }
}
