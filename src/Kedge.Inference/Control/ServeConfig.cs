using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Control;

/// <summary>One model that a model server loads.</summary>
/// <param name="Name">Name in the address: <c>/v2/models/NAME</c>; 1..63 of <c>A-Z a-z 0-9 . _ -</c>.</param>
/// <param name="Version">Version in the address and in metrics; the same characters, 1..128.</param>
/// <param name="Format">How the file is read: <c>onnx</c> or <c>tflite</c>.</param>
/// <param name="Path">Absolute path of the file, as the model server sees it. It is only read.</param>
/// <param name="PackageDigest">Digest of its package, told in <c>status</c>; empty for none.</param>
/// <param name="Reference">
/// Reference of its package, beside which values of requests are counted; empty to count none. One that cannot be read
/// is none.
/// </param>
public sealed record ServeModel(
    string Name, string Version, string Format, string Path, string PackageDigest = "", string Reference = "")
{
    /// <summary>
    /// Absolute path of the graph around it, as the model server sees it: the models and labels that it names lie
    /// beside it. Empty for none.
    /// </summary>
    public string Graph { get; set; } = "";

    /// <summary>
    /// Absolute path of the labels that a classification answers with, as the model server sees it: UTF-8, one a line.
    /// Empty for none.
    /// </summary>
    public string Labels { get; set; } = "";

    /// <summary>How it shares the process with the other models.</summary>
    public SchedulingOptions Scheduling { get; set; } = new();

    /// <summary>False serves the first request without a run before it.</summary>
    public bool IsWarmedUp { get; set; } = true;

    /// <summary>
    /// Absolute path of golden samples, as the model server sees it, of which the first warms it up; empty warms it up
    /// with zeros.
    /// </summary>
    public string WarmUp { get; set; } = "";

    /// <summary>
    /// True to compute the same result from the same input each time, where the runtime has a choice.
    /// </summary>
    public bool IsDeterministic { get; set; }
}

/// <summary>
/// The configuration file of <c>kedge-serve</c>: written by the agent for one process, read once at its start.
/// What may be left out has a setter, since generated JSON overwrites the defaults of init-only properties.
/// </summary>
public sealed record ServeConfig
{
    /// <summary>Proof of identity: <c>status</c> answers with it, so an agent knows its own process again.</summary>
    public required string Nonce { get; init; }

    /// <summary>The deployment that it serves; shown in the log only.</summary>
    public required string Deployment { get; init; }

    /// <summary>This process among those of the deployment; shown in the log only.</summary>
    public required string Instance { get; init; }

    /// <summary>
    /// What to load, 1..<see cref="InferenceLimits.ModelsMax"/>, each name and version once. Of several versions the
    /// first answers where a request names none.
    /// </summary>
    public required ImmutableArray<ServeModel> Models { get; init; }

    /// <summary>
    /// Threads that compute one request, 1..256; 0 for as many as the process may use processors. Never more than that.
    /// </summary>
    public int IntraOpThreads { get; set; }

    /// <summary>
    /// Memory that all models may take together, in bytes; 0 for no bound. Beyond it the least recently used are
    /// unloaded, and loaded again when they are asked.
    /// </summary>
    public long ModelMemoryBytes { get; set; }

    /// <summary>What of <see cref="ControlAreas"/> the public socket answers too.</summary>
    public ImmutableArray<string> OpenControl { get; set; } = [];

    /// <summary>True lets clients on the device hand over shared memory.</summary>
    public bool SharedMemory { get; set; }

    /// <summary>
    /// Path of the Unix socket over which shared memory is handed over, beside <see cref="HttpSocket"/>, mode 0600.
    /// </summary>
    [JsonIgnore]
    public string SharedMemorySocket => Path.Combine(Path.GetDirectoryName(HttpSocket) ?? "", "memory.sock");

    /// <summary>
    /// What computes models beside the processor, the preferred first; at most <see cref="PluginsMax"/>.
    /// </summary>
    public ImmutableArray<ServePlugin> Plugins { get; set; } = [];

    /// <summary>
    /// What ONNX Runtime prefers when it chooses devices by itself, a word of <see cref="DevicePolicies"/>; empty to
    /// use <see cref="Plugins"/> in their order.
    /// </summary>
    public string DevicePolicy { get; set; } = "";

    /// <summary>How many plug-ins there may be.</summary>
    public const int PluginsMax = 8;

    /// <summary>Words for <see cref="DevicePolicy"/>.</summary>
    public static readonly ImmutableArray<string> DevicePolicies =
        ["default", "prefer-cpu", "prefer-npu", "prefer-gpu", "max-performance", "max-efficiency"];

    /// <summary>Path of the Unix socket for control; the model server makes it, mode 0600.</summary>
    public required string ControlSocket { get; init; }

    /// <summary>Path of the Unix socket that serves preflight and metrics from the start, mode 0600.</summary>
    public required string HttpSocket { get; init; }

    /// <summary>
    /// Where the process keeps what it was told since it began to serve: <see cref="ServeState"/>, read when it begins
    /// to serve and written at every change; empty for nowhere.
    /// </summary>
    public string StateFile { get; set; } = "";

    /// <summary>The log; empty for none. It is rotated once, to the same name and <c>.1</c>.</summary>
    public string LogFile { get; set; } = "";

    /// <summary>Size of the log before it is rotated, in bytes: 4096 or more.</summary>
    public long LogBytesMax { get; set; } = 1024 * 1024;

    /// <summary>Largest body of a request, in bytes: 1024..2^31-1.</summary>
    public long RequestBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Open connections on the public socket, 1..65536; more wait in the kernel's queue.</summary>
    public int ConnectionsMax { get; set; } = 256;

    /// <summary>How long SIGTERM waits for connections to end, in milliseconds: 0 or more.</summary>
    public long DrainMsOnSignal { get; set; } = 10_000;

    /// <summary>Of so many requests one is logged, 0 for none.</summary>
    public int AccessLogEvery { get; set; }

    /// <summary>Writes the file's content.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ServeConfig);

    /// <summary>
    /// Reads the file's content and checks every field; false with all findings when anything is wrong.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json, [NotNullWhen(true)] out ServeConfig? config, out ImmutableArray<Finding> findings)
    {
        config = null;
        if (json.Length > InferenceLimits.ConfigBytesMax)
        {
            findings = [ServeErrors.ConfigInvalid.At("The configuration is larger than 524288 bytes.")];
            return false;
        }

        try
        {
            config = JsonSerializer.Deserialize(json, ControlJson.Default.ServeConfig);
        }
        catch (JsonException failure)
        {
            findings = [ServeErrors.ConfigInvalid.At(failure.Message, failure.Path ?? "")];
            return false;
        }

        findings = config is null ? [ServeErrors.ConfigInvalid.At("The configuration is null.")] : config.Verify();
        return findings.IsEmpty && config is not null;
    }

    private ImmutableArray<Finding> Verify()
    {
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        void Require(bool holds, string message, string field)
        {
            if (!holds)
            {
                found.Add(ServeErrors.ConfigInvalid.At(message, field));
            }
        }

        Require(Nonce is { Length: >= 8 and <= 128 }, "must have 8..128 characters.", "nonce");
        Require(ControlSocket is { Length: > 0 }, "must name a path.", "controlSocket");
        Require(HttpSocket is { Length: > 0 } && HttpSocket != ControlSocket, "must name a path.", "httpSocket");
        Require(StateFile is not null, "must be a path or empty.", "stateFile");
        Require(IntraOpThreads is >= 0 and <= 256, "must be 0..256.", "intraOpThreads");
        Require(LogBytesMax >= 4096, "must be 4096 or more.", "logBytesMax");
        Require(RequestBytesMax is >= 1024 and <= int.MaxValue, "must be 1024..2147483647.", "requestBytesMax");
        Require(ConnectionsMax is >= 1 and <= 65536, "must be 1..65536.", "connectionsMax");
        Require(AccessLogEvery >= 0, "must be 0 or more.", "accessLogEvery");
        Require(DrainMsOnSignal >= 0, "must be 0 or more.", "drainMsOnSignal");
        Require(ModelMemoryBytes >= 0, "must be 0 or more.", "modelMemoryBytes");
        Require(
            !OpenControl.IsDefault && OpenControl.All(ControlAreas.All.Contains),
            "must name repository, trace, logging or memory.", "openControl");
        VerifyPlugins(Require);
        if (Models.IsDefaultOrEmpty || Models.Length > InferenceLimits.ModelsMax)
        {
            Require(
                false,
                string.Create(CultureInfo.InvariantCulture, $"must hold 1..{InferenceLimits.ModelsMax} models."),
                "models");
            return found.ToImmutable();
        }

        foreach (ServeModel model in Models)
        {
            Require(IsPathPart(model.Name, 63), "name must be 1..63 of A-Z a-z 0-9 . _ -", "models");
            Require(IsPathPart(model.Version, 128), "version must be 1..128 of A-Z a-z 0-9 . _ -", "models");
            Require(model.Format is "onnx" or "tflite", "format must be onnx or tflite.", "models");
            Require(model.Path is { Length: > 0 }, "path must name a file.", "models");
            Require(model.WarmUp is not null, "warmUp must be a path or empty.", "models");
            Require(model.Graph is not null, "graph must be a path or empty.", "models");
            Require(model.Labels is not null, "labels must be a path or empty.", "models");
            Require(model.Scheduling is not null, "scheduling must not be null.", "models");
            model.Scheduling?.Verify($"models[{Models.IndexOf(model)}].scheduling", found);
        }

        Require(
            Models.Select(static m => (m.Name, m.Version)).Distinct().Count() == Models.Length,
            "names and versions must differ.", "models");
        return found.ToImmutable();
    }

    private void VerifyPlugins(Action<bool, string, string> require)
    {
        require(
            DevicePolicy.Length == 0 || DevicePolicies.Contains(DevicePolicy),
            $"must be one of {string.Join(", ", DevicePolicies)}.",
            "devicePolicy");
        require(!Plugins.IsDefault && Plugins.Length <= PluginsMax, "must be a list of at most 8.", "plugins");
        foreach (ServePlugin plugin in Plugins.IsDefault ? [] : Plugins)
        {
            require(plugin.Format is "onnx" or "tflite", "format must be onnx or tflite.", "plugins");
            require(IsPathPart(plugin.Name, 63), "name must be 1..63 of A-Z a-z 0-9 . _ -", "plugins");
            require(plugin.Path is { Length: > 0 } && plugin.Path[0] == '/', "path must be absolute.", "plugins");
            require(
                !plugin.Options.IsDefault && plugin.Options.Length <= ServePlugin.OptionsMax
                && plugin.Options.All(static one => one.Name is { Length: > 0 } && one.Value is not null),
                "options must be at most 64, each with name and value.",
                "plugins");
        }
    }

    private static bool IsPathPart(string? text, int charsMax) =>
        text is { Length: > 0 } && text.Length <= charsMax && text.All(static c =>
            char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
