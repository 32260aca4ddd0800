using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Borders;
using Kedge.Core.Models;
using Kedge.Inference.Control;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// The native libraries that the models of a release need, and no other: the runtime of each format, and what computes
/// models of that format beside the processor.
/// </summary>
internal sealed class RuntimeFiles(SupervisorOptions options, PreparedRelease release)
{
    private const string OnnxName = "libonnxruntime.so.1";
    private const string TfLiteName = "libtensorflowlite_c.so";

    /// <summary>What is given into a sandbox.</summary>
    internal IEnumerable<BindMount> Mounts =>
    [
        .. Has(ModelFormat.Onnx)
            ? [new BindMount(options.RuntimeLibrary, $"{HostLibraries.Inside}/{OnnxName}")]
            : Nothing,
        .. Has(ModelFormat.TfLite) && options.TfLiteLibrary.Length > 0
            ? [new BindMount(options.TfLiteLibrary, $"{HostLibraries.Inside}/{TfLiteName}")]
            : Nothing,
        .. Wanted.Select(static (plugin, index) => new BindMount(Path.GetDirectoryName(plugin.Path)!, Folder(index))),
    ];

    /// <summary>Variables for a model server in a sandbox.</summary>
    internal IEnumerable<string> VariablesInside =>
    [
        $"KEDGE_ORT_LIB={HostLibraries.Inside}/{OnnxName}", $"KEDGE_TFLITE_LIB={HostLibraries.Inside}/{TfLiteName}",
    ];

    /// <summary>Variables for a model server without a sandbox.</summary>
    internal IEnumerable<string> Variables =>
    [
        $"KEDGE_ORT_LIB={options.RuntimeLibrary}",
        .. options.TfLiteLibrary.Length > 0 ? [$"KEDGE_TFLITE_LIB={options.TfLiteLibrary}"] : Array.Empty<string>(),
    ];

    /// <summary>Where a sandbox looks for libraries.</summary>
    internal string SearchPath => string.Join(
        ':', (string[])[HostLibraries.Inside, .. Wanted.Select(static (_, index) => Folder(index))]);

    /// <summary>A configuration with the plug-ins as they are seen in a sandbox.</summary>
    internal ServeConfig Inside(ServeConfig config) => Tell(config) with
    {
        Plugins =
        [
            .. Wanted.Select(static (plugin, index) => plugin with
            {
                Path = $"{Folder(index)}/{Path.GetFileName(plugin.Path)}",
            }),
        ],
    };

    /// <summary>A configuration with the plug-ins where they are.</summary>
    internal ServeConfig Tell(ServeConfig config) =>
        config with { Plugins = Wanted, DevicePolicy = options.DevicePolicy };

    private static BindMount[] Nothing => [];

    private ImmutableArray<ServePlugin> Wanted =>
        [.. options.Plugins.Where(plugin => Has(ModelFormats.Of(plugin.Format)))];

    private bool Has(ModelFormat format) => release.Models.Any(model => model.Format == format);

    private static string Folder(int index) => string.Create(CultureInfo.InvariantCulture, $"/kedge/plugins/{index}");
}
