using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Inference.Control;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.TfLite;

namespace Kedge.ModelServer.Models;

/// <summary>Opens models, each by the runtime of its format.</summary>
internal sealed class SessionFactory
{
    private readonly ServeConfig _config;
    private readonly int _threads;

    internal SessionFactory(ServeConfig config)
    {
        _config = config;
        int share = ProcessorShare.Read(Text).Threads;
        _threads = config.IntraOpThreads == 0 ? share
            : share == 0 ? config.IntraOpThreads
            : Math.Min(config.IntraOpThreads, share);
    }

    /// <summary>The word for runtime and format in a model's metadata.</summary>
    internal static string Platform(ServeModel model) => $"{Backend(model)}_{model.Format}";

    /// <summary>The runtime's word in a model's configuration.</summary>
    internal static string Backend(ServeModel model) => model.Format == "tflite" ? "tensorflowlite" : "onnxruntime";

    /// <summary>Loads a model.</summary>
    /// <exception cref="Kedge.Core.Errors.KedgeException">Its runtime is absent or refuses it.</exception>
    internal IInferenceSession Open(ServeModel model) => model.Format switch
    {
        "onnx" => OnnxSession.FromFile(model.Path, new OnnxSessionOptions
        {
            IntraOpThreads = _threads,
            IsDeterministic = model.IsDeterministic,
            Providers = [.. Plugins("onnx").Select(static one => new OnnxProvider(one.Name, one.Path)
            {
                Options = Pairs(one),
            })],
            Policy = Policy(_config.DevicePolicy),
        }),
        "tflite" => TfLiteSession.FromFile(model.Path, new TfLiteSessionOptions
        {
            Threads = _threads,
            InterpretersMax = model.Scheduling.Instances > 0
                ? model.Scheduling.Instances
                : Math.Max(TfLiteSessionOptions.InterpretersDefault, Environment.ProcessorCount),
            Delegates = [.. Plugins("tflite").Select(static one => new TfLiteDelegate(one.Path)
            {
                Options = Pairs(one),
            })],
        }),
        _ => throw Check.Unreachable(model.Format),
    };

    private IEnumerable<ServePlugin> Plugins(string format) => _config.Plugins.Where(one => one.Format == format);

    private static ImmutableArray<KeyValuePair<string, string>> Pairs(ServePlugin plugin) =>
        [.. plugin.Options.Select(static one => KeyValuePair.Create(one.Name, one.Value))];

    /// <summary>The policies stand in the order of their words.</summary>
    private static OnnxPolicy Policy(string word) => word.Length == 0
        ? OnnxPolicy.Named
        : OnnxPolicy.Default + ServeConfig.DevicePolicies.IndexOf(word);

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            // What the kernel does not show does not bound.
            return null;
        }
    }
}
