using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;

namespace Kedge.Wire.Desired;

/// <summary>
/// The one mapping between <see cref="DesiredState"/> and its JSON. Writing is strict and always gives the same bytes
/// for the same state; reading skips unknown fields unless <c>critical</c> names them.
/// </summary>
public static class DesiredMessage
{
    /// <summary>Version of the message.</summary>
    public const int Version = 1;

    private static readonly string[] Known = [
        "workloads", "endpoint", "resources", "cpuSet", "sandbox", "models", ServingFormat.Field, ModelMemory,
        ServingFormat.Weight, ServingFormat.Priorities, ModelVersion,
    ];
    private const string ModelVersion = "models.version";
    private const string ModelMemory = "modelMemoryBytes";
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16 };

    /// <summary>The digest that makes a release: over its canonical JSON without revision and labels.</summary>
    public static Digest ReleaseDigest(WorkloadSpec spec)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            WriteWorkload(json, spec, forDigest: true);
        }

        return Digest.Of(buffer.WrittenSpan);
    }

    /// <summary>One line of UTF-8 JSON, ready to be signed.</summary>
    public static byte[] Write(DesiredState state)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v", Version);
            json.WriteString("tenant", state.Tenant.ToString());
            json.WriteString("device", state.Device.ToString());
            json.WriteString("deviceKey", state.DeviceKey.ToString());
            json.WriteNumber("generation", state.Generation.Value);
            json.WriteNumber("issuedAtMs", state.IssuedAtMs);
            json.WriteStartArray("critical");
            json.WriteStringValue("workloads");
            WriteCritical(json, state);
            json.WriteEndArray();
            json.WriteStartArray("workloads");
            foreach (WorkloadSpec workload in state.Workloads)
            {
                WriteWorkload(json, workload, forDigest: false);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        Check.That(buffer.WrittenCount <= Limits.DesiredBytesMax);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a body whose signature was verified.</summary>
    public static DesiredState? TryRead(ReadOnlyMemory<byte> body, out Finding? finding)
    {
        finding = null;
        if (body.Length > Limits.DesiredBytesMax)
        {
            finding = WireErrors.Malformed.At($"{body.Length} bytes are more than {Limits.DesiredBytesMax}");
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Strict);
            JsonElement root = document.RootElement;
            finding = UnknownCritical(root);
            return finding is null ? ReadState(root) : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException)
        {
            finding = WireErrors.Malformed.At($"the desired state cannot be read: {e.Message}");
            return null;
        }
    }

    private static Finding? UnknownCritical(JsonElement root)
    {
        if (!root.TryGetProperty("critical", out JsonElement critical))
        {
            return null;
        }

        foreach (JsonElement field in critical.EnumerateArray())
        {
            string name = field.GetString() ?? "";
            if (!Known.Contains(name))
            {
                return WireErrors.UnknownCritical.At($"the field {name} is critical and unknown here");
            }
        }

        return null;
    }

    private static DesiredState ReadState(JsonElement root)
    {
        long generation = root.GetProperty("generation").GetInt64();
        Require(root.GetProperty("v").GetInt32() == Version, "version");
        Require(generation is > 0 and < 1L << 53, "generation");
        Require(TenantId.TryParse(root.GetProperty("tenant").GetString(), out TenantId tenant), "tenant");
        Require(DeviceId.TryParse(root.GetProperty("device").GetString(), out DeviceId device), "device");
        JsonElement workloads = root.GetProperty("workloads");
        Require(workloads.GetArrayLength() <= Limits.WorkloadsPerDeviceMax, "workloads");
        ImmutableArray<WorkloadSpec> specs = [.. workloads.EnumerateArray().Select(ReadWorkload)];
        Require(specs.Select(s => s.Deployment).Distinct().Count() == specs.Length, "workloads");
        return new DesiredState
        {
            Tenant = tenant,
            Device = device,
            DeviceKey = ReadDigest(root, "deviceKey"),
            Generation = new Generation(generation),
            IssuedAtMs = root.GetProperty("issuedAtMs").GetInt64(),
            Workloads = specs,
        };
    }

    /// <summary>What an older agent must not skip, where it is there: it would run another release.</summary>
    private static void WriteCritical(Utf8JsonWriter json, DesiredState state)
    {
        if (state.Workloads.Any(static workload => workload.Models.Any(static model => !model.Serving.IsDefault)))
        {
            json.WriteStringValue(ServingFormat.Field);
        }

        if (state.Workloads.Any(static workload => workload.ModelMemoryBytes > 0))
        {
            json.WriteStringValue(ModelMemory);
        }

        WriteCritical(json, state, ServingFormat.Weight, static model => model.Serving.Weight != 1);
        WriteCritical(
            json, state, ServingFormat.Priorities,
            static model => model.Serving.Batching is { Priorities.IsEmpty: false });
        WriteCritical(json, state, ModelVersion, static model => model.Version.Length > 0);
    }

    private static void WriteCritical(
        Utf8JsonWriter json, DesiredState state, string field, Func<WorkloadModel, bool> has)
    {
        if (state.Workloads.Any(workload => workload.Models.Any(has)))
        {
            json.WriteStringValue(field);
        }
    }

    /// <summary>Writes one workload; the ledger uses it too.</summary>
    public static void WriteWorkload(Utf8JsonWriter json, WorkloadSpec spec, bool forDigest)
    {
        json.WriteStartObject();
        json.WriteString("deployment", spec.Deployment.ToString());
        if (!forDigest)
        {
            json.WriteNumber("revision", spec.Revision);
        }

        json.WriteStartArray("models");
        foreach (WorkloadModel model in spec.Models)
        {
            json.WriteStartObject();
            json.WriteString("name", model.Name);
            if (model.Version.Length > 0)
            {
                json.WriteString("version", model.Version);
            }

            json.WriteString("package", model.Package.ToString());
            if (!forDigest)
            {
                json.WriteString("label", model.PackageLabel);
            }

            json.WriteString("variant", model.Variant);
            json.WriteString("accelerator", Words.Of(model.Accelerator));
            ServingFormat.Write(json, model.Serving);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("endpoint");
        json.WriteString("expose", Words.Of(spec.Endpoint.Expose));
        json.WriteNumber("port", spec.Endpoint.Port);
        json.WriteEndObject();
        json.WriteStartObject("resources");
        json.WriteNumber("memoryRequestBytes", spec.Resources.MemoryRequestBytes);
        json.WriteNumber("cpuRequestMilli", spec.Resources.CpuRequestMilli);
        json.WriteNumber("memoryLimitBytes", spec.Resources.MemoryLimitBytes);
        json.WriteNumber("cpuLimitMilli", spec.Resources.CpuLimitMilli);
        json.WriteNumber("pidsLimit", spec.Resources.PidsLimit);
        json.WriteEndObject();
        if (spec.ModelMemoryBytes > 0)
        {
            json.WriteNumber(ModelMemory, spec.ModelMemoryBytes);
        }

        json.WriteString("cpuSet", spec.CpuSet);
        json.WriteString("sandbox", Words.Of(spec.Sandbox));
        if (!forDigest)
        {
            WriteBeside(json, spec);
        }

        json.WriteEndObject();
    }

    /// <summary>What is told beside the release and left out where it is as usual: older agents skip it.</summary>
    private static void WriteBeside(Utf8JsonWriter json, WorkloadSpec spec)
    {
        if (spec.FigureWindow != Limits.FigureWindow)
        {
            json.WriteNumber("figureWindowMs", (long)spec.FigureWindow.TotalMilliseconds);
        }

        if (spec.GoldenPpm > 0)
        {
            json.WriteNumber("goldenPpm", spec.GoldenPpm);
        }

        WriteSwap(json, spec);
        if (spec.CountsValues)
        {
            json.WriteBoolean("countsValues", true);
        }

        if (!spec.Windows.IsEmpty)
        {
            WriteWindows(json, spec.Windows);
        }

        if (spec.Shadow is not null)
        {
            ShadowFormat.Write(json, spec.Shadow);
        }

        if (!spec.Probe.Equals(ProbeSpec.Default))
        {
            json.WriteStartObject("probe");
            json.WriteNumber("everyMs", (long)spec.Probe.Every.TotalMilliseconds);
            json.WriteNumber("timeoutMs", (long)spec.Probe.Timeout.TotalMilliseconds);
            json.WriteNumber("failures", spec.Probe.Failures);
            json.WriteEndObject();
        }

        if (spec.FetchBytesPerSecond > 0)
        {
            json.WriteNumber("fetchBytesPerSecond", spec.FetchBytesPerSecond);
        }
    }

    private static void WriteSwap(Utf8JsonWriter json, WorkloadSpec spec)
    {
        if (spec.StandbyFor != TimeSpan.Zero)
        {
            json.WriteNumber("standbyMs", (long)spec.StandbyFor.TotalMilliseconds);
        }

        if (spec.Swap != SwapRule.Auto)
        {
            json.WriteString("swap", SwapRules.Word(spec.Swap));
        }
    }

    private static void WriteWindows(Utf8JsonWriter json, ImmutableArray<MaintenanceWindow> windows)
    {
        json.WriteStartArray("windows");
        foreach (MaintenanceWindow window in windows)
        {
            json.WriteStartObject();
            json.WriteNumber("days", window.Days);
            json.WriteNumber("from", window.FromMinute);
            json.WriteNumber("to", window.ToMinute);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>
    /// Reads one workload; throws <see cref="FormatException"/> and what <see cref="JsonElement"/> throws.
    /// </summary>
    public static WorkloadSpec ReadWorkload(JsonElement json)
    {
        JsonElement endpoint = json.GetProperty("endpoint");
        JsonElement resources = json.GetProperty("resources");
        JsonElement models = json.GetProperty("models");
        Require(DeploymentId.TryParse(json.GetProperty("deployment").GetString(), out DeploymentId id), "deployment");
        Require(models.GetArrayLength() is >= 1 and <= Limits.ModelsPerDeploymentMax, "models");
        WorkloadSpec spec = new()
        {
            Deployment = id,
            Revision = json.GetProperty("revision").GetInt64(),
            Digest = default,
            Models = [.. models.EnumerateArray().Select(ReadModel)],
            Endpoint = new EndpointSpec(
                Words.Exposure(endpoint.GetProperty("expose").GetString()), endpoint.GetProperty("port").GetInt32()),
            Resources = new ResourceSpec
            {
                MemoryRequestBytes = resources.GetProperty("memoryRequestBytes").GetInt64(),
                CpuRequestMilli = resources.GetProperty("cpuRequestMilli").GetInt32(),
                MemoryLimitBytes = resources.GetProperty("memoryLimitBytes").GetInt64(),
                CpuLimitMilli = resources.GetProperty("cpuLimitMilli").GetInt32(),
                PidsLimit = resources.GetProperty("pidsLimit").GetInt32(),
            },
            CpuSet = json.GetProperty("cpuSet").GetString() ?? "auto",
            Sandbox = Words.Sandbox(json.GetProperty("sandbox").GetString()),
            ModelMemoryBytes = json.TryGetProperty(ModelMemory, out JsonElement memory) ? memory.GetInt64() : 0,
            FigureWindow = ReadFigureWindow(json),
            Windows = ReadWindows(json),
            GoldenPpm = json.TryGetProperty("goldenPpm", out JsonElement ppm) ? ppm.GetInt32() : 0,
            Shadow = ShadowFormat.Read(json),
            StandbyFor = ReadStandby(json),
            Swap = SwapRules.Read(json.TryGetProperty("swap", out JsonElement swap) ? swap.GetString() : null),
            CountsValues = json.TryGetProperty("countsValues", out JsonElement counts) && counts.GetBoolean(),
            Probe = ReadProbe(json),
            FetchBytesPerSecond = ReadPace(json),
        };
        RequireDifferent(spec.Models);
        Require(spec.Endpoint.Expose != Exposure.Unknown && spec.Endpoint.Port is >= 0 and <= 65535, "endpoint");
        Require(spec.Sandbox != SandboxRule.Unknown, "sandbox");
        Require(spec.ModelMemoryBytes >= 0, ModelMemory);
        Require(spec.GoldenPpm is >= 0 and <= 1_000_000, "goldenPpm");
        return spec with { Digest = ReleaseDigest(spec) };
    }

    /// <summary>
    /// A window beyond the bounds becomes the nearest within: no device refuses a workload for how it is measured.
    /// </summary>
    private static TimeSpan ReadFigureWindow(JsonElement json) =>
        json.TryGetProperty("figureWindowMs", out JsonElement ms)
            ? Within(ms.GetInt64(), Limits.FigureWindowMin, Limits.FigureWindowMax)
            : Limits.FigureWindow;

    /// <summary>A time beyond the bound becomes the bound: it decides only how quick a way back is.</summary>
    private static TimeSpan ReadStandby(JsonElement json) =>
        json.TryGetProperty("standbyMs", out JsonElement ms)
            ? TimeSpan.FromMilliseconds(Math.Clamp(ms.GetInt64(), 0, (long)Limits.StandbyMax.TotalMilliseconds))
            : TimeSpan.Zero;

    /// <summary>A pace beyond the bounds becomes the nearest within; zero is for as fast as the link allows.</summary>
    private static long ReadPace(JsonElement json) =>
        json.TryGetProperty("fetchBytesPerSecond", out JsonElement pace) && pace.GetInt64() is > 0 and long bytes
            ? Math.Clamp(bytes, Limits.FetchBytesPerSecondMin, Limits.FetchBytesPerSecondMax)
            : 0;

    private static TimeSpan Within(long ms, TimeSpan min, TimeSpan max) => TimeSpan.FromMilliseconds(
        Math.Clamp(ms, (long)min.TotalMilliseconds, (long)max.TotalMilliseconds));

    /// <summary>A probe beyond the bounds becomes the nearest within, as with windows of figures.</summary>
    private static ProbeSpec ReadProbe(JsonElement json)
    {
        if (!json.TryGetProperty("probe", out JsonElement probe))
        {
            return ProbeSpec.Default;
        }

        long every = probe.GetProperty("everyMs").GetInt64();
        return new ProbeSpec(
            every <= 0 ? TimeSpan.Zero : Within(every, ProbeSpec.EveryMin, ProbeSpec.EveryMax),
            Within(probe.GetProperty("timeoutMs").GetInt64(), ProbeSpec.TimeoutMin, ProbeSpec.TimeoutMax),
            Math.Clamp(probe.GetProperty("failures").GetInt32(), 1, ProbeSpec.FailuresMax));
    }

    /// <summary>
    /// Windows that cannot be read are no windows that can be left out: the device would change when it must not.
    /// </summary>
    private static ImmutableArray<MaintenanceWindow> ReadWindows(JsonElement json)
    {
        if (!json.TryGetProperty("windows", out JsonElement windows))
        {
            return [];
        }

        Require(windows.GetArrayLength() <= MaintenanceWindow.CountMax, "windows");
        ImmutableArray<MaintenanceWindow>.Builder read = ImmutableArray.CreateBuilder<MaintenanceWindow>();
        foreach (JsonElement window in windows.EnumerateArray())
        {
            int days = window.GetProperty("days").GetInt32();
            int from = window.GetProperty("from").GetInt32();
            int to = window.GetProperty("to").GetInt32();
            Require(MaintenanceWindow.IsValid(days, from, to), "windows");
            read.Add(new MaintenanceWindow(days, from, to));
        }

        return read.ToImmutable();
    }

    private static WorkloadModel ReadModel(JsonElement json)
    {
        string? name = json.GetProperty("name").GetString();
        string variant = json.GetProperty("variant").GetString() ?? "";
        Require(Ids.IsName(name), "models.name");
        Require(variant.Length is > 0 and <= Ids.NameCharsMax, "models.variant");
        string version = json.TryGetProperty("version", out JsonElement tag) ? tag.GetString() ?? "" : "";
        Require(version.Length == 0 || PackageReference.IsTag(version), ModelVersion);
        return new WorkloadModel(
            name!,
            ReadDigest(json, "package"),
            json.GetProperty("label").GetString() ?? "",
            variant,
            Words.Accelerator(json.GetProperty("accelerator").GetString()))
        {
            Version = version,
            Serving = ServingFormat.Read(json),
        };
    }

    private static void RequireDifferent(ImmutableArray<WorkloadModel> models)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (WorkloadModel model in models)
        {
            Require(keys.Add(model.Key), "models");
        }
    }

    private static Digest ReadDigest(JsonElement json, string field)
    {
        Require(Digest.TryParse(json.GetProperty(field).GetString(), out Digest digest), field);
        return digest;
    }

    private static void Require(bool holds, string field)
    {
        if (!holds)
        {
            throw new FormatException($"{field} is out of its range");
        }
    }
}
