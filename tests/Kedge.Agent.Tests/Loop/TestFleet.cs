using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kedge.Content.Chunking;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Models;
using Kedge.Tests.Support.Devices;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Enrolment;
using Kedge.Wire.Signing;

namespace Kedge.Agent.Tests.Loop;

/// <summary>The server's side of a test: owner, keys, packages and desired states, all signed for real.</summary>
internal sealed class TestFleet : IDisposable
{
    private readonly ECDsa _owner = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<Digest, long> _made = [];
    private readonly ECDsa _models = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestFleet() => Publish(1, [Desired]);

    /// <summary>The key that signs desired states.</summary>
    public ECDsa Desired { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public MemorySource Source { get; } = new();

    public AgentIdentity Identity => new()
    {
        Tenant = TenantId.Default,
        Device = new DeviceId("press-01"),
        DeviceKey = Digest.Of("device key"u8),
        Incarnation = "00112233445566778899aabbccddeeff",
        OwnerKey = TrustedKey.Of(_owner).PublicKey,
    };

    /// <summary>Files of all packages, by digest: what a server makes deltas of.</summary>
    public Dictionary<Digest, byte[]> Files { get; } = [];

    /// <summary>Signs and offers trust documents.</summary>
    public void Publish(long version, ImmutableArray<ECDsa> desired, bool revokeModels = false, long expiresAtMs = 0)
    {
        SigningPolicyDocument policy = new()
        {
            Version = version,
            ExpiresAtMs = expiresAtMs,
            Rules =
            [
                new PolicyRule
                {
                    KeyId = TrustedKey.Of(_models).KeyId,
                    PublicKey = TrustedKey.Of(_models).PublicKey,
                    Models = ["*"],
                    Revoked = revokeModels,
                },
            ],
        };
        string keys = string.Join(',', desired.Select(k =>
            $"{{\"keyId\":\"{TrustedKey.Of(k).KeyId}\",\"spki\":\"{TrustedKey.Of(k).PublicKey}\"}}"));
        byte[] document = Encoding.UTF8.GetBytes($"{{\"version\":{version},\"keys\":[{keys}]}}");
        TrustDocuments trust = new()
        {
            SigningPolicy = Encoding.UTF8.GetString(
                Dsse.Sign(SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(policy), _owner)),
            DesiredKeys = Encoding.UTF8.GetString(
                Dsse.Sign("application/vnd.kedge.desired-keys.v1+json", document, _owner)),
        };
        Source.Trust = JsonSerializer.SerializeToUtf8Bytes(trust, WireJson.Default.TrustDocuments);
    }

    /// <summary>Packages some bytes as a model; its chunks are put into the source.</summary>
    public Digest Package(string name, byte[] model, ECDsa? signer = null)
    {
        PackageManifest manifest = new()
        {
            Name = name,
            CreatedAtMs = MadeAt(Digest.Of(model)),
            Inputs = [new TensorDeclaration { Name = "x", Datatype = "FP32", Shape = [1] }],
            Outputs = [new TensorDeclaration { Name = "y", Datatype = "FP32", Shape = [1] }],
            Variants =
            [
                new ModelVariant
                {
                    Name = "onnx-fp32",
                    Format = ModelFormat.Onnx,
                    Precision = "fp32",
                    Accelerator = AcceleratorKind.Cpu,
                    Files = [FileChunker.Cut("model.onnx", model)],
                    EntryFile = "model.onnx",
                },
            ],
        };
        Digest digest = Offer(PackageFormat.Write(manifest), signer);
        Files[manifest.Variants[0].Files[0].Digest] = model;
        int at = 0;
        foreach (ChunkRef chunk in manifest.Variants[0].Files[0].Chunks)
        {
            Source.Chunks[chunk.Digest] = model.AsSpan(at, chunk.Bytes).ToArray();
            at += chunk.Bytes;
        }

        return digest;
    }

    /// <summary>Signs and offers any bytes as the manifest of a package.</summary>
    public Digest Offer(byte[] payload, ECDsa? signer = null)
    {
        Digest digest = Digest.Of(payload);
        Source.Envelopes[digest] = Dsse.Sign(PackageFormat.PayloadType, payload, signer ?? _models);
        return digest;
    }

    /// <summary>One file gives one package, and newer files give newer ones.</summary>
    private long MadeAt(Digest file)
    {
        _ = _made.TryAdd(file, _made.Count);
        return _made[file];
    }

    /// <summary>A workload that serves one package.</summary>
    public static WorkloadSpec Workload(string name, Digest package, long revision = 1, int port = 8500)
    {
        WorkloadSpec spec = new()
        {
            Deployment = new DeploymentId(name),
            Revision = revision,
            Digest = default,
            Models = [new WorkloadModel(name, package, $"{name}:v{revision}", "onnx-fp32", AcceleratorKind.Cpu)],
            Endpoint = new EndpointSpec(Exposure.Loopback, port),
            Resources = new ResourceSpec(),
            CpuSet = "auto",
            Sandbox = SandboxRule.Required,
        };
        return spec with { Digest = DesiredMessage.ReleaseDigest(spec) };
    }

    /// <summary>A signed desired state, ready to be delivered.</summary>
    public byte[] Sign(DesiredState state, ECDsa? key = null) =>
        SignedMessage.Sign(DesiredMessage.Write(state), key ?? Desired);

    /// <summary>A desired state for the test's device.</summary>
    public DesiredState State(long generation, params WorkloadSpec[] workloads) => new()
    {
        Tenant = Identity.Tenant,
        Device = Identity.Device,
        DeviceKey = Identity.DeviceKey,
        Generation = new Generation(generation),
        IssuedAtMs = 1_767_225_600_000,
        Workloads = [.. workloads.OrderBy(static w => w.Deployment)],
    };

    public void Dispose()
    {
        _owner.Dispose();
        _models.Dispose();
        Desired.Dispose();
    }
}
