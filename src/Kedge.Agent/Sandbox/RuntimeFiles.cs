using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Borders;
using Kedge.Core.Device;
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

    /// <summary>What decodes JPEG and PNG.</summary>
    internal static readonly string[] ImagingNames = ["libturbojpeg.so.0", "libspng.so.0"];

    /// <summary>What is given into a sandbox.</summary>
    internal IEnumerable<BindMount> Mounts =>
    [
        .. Has(ModelFormat.Onnx)
            ? [new BindMount(options.RuntimeLibrary, $"{HostLibraries.Inside}/{OnnxName}")]
            : Nothing,
        .. Has(ModelFormat.TfLite) && options.TfLiteLibrary.Length > 0
            ? [new BindMount(options.TfLiteLibrary, $"{HostLibraries.Inside}/{TfLiteName}")]
            : Nothing,
        .. DecodesImages && options.ImagingFolder.Length > 0
            ? Array.ConvertAll(ImagingNames, Imaging)
            : Nothing,
        .. Wanted.Select(static (plugin, index) => new BindMount(Path.GetDirectoryName(plugin.Path)!, Folder(index))),
    ];

    /// <summary>Variables for a model server in a sandbox.</summary>
    internal IEnumerable<string> VariablesInside =>
    [
        $"KEDGE_ORT_LIB={HostLibraries.Inside}/{OnnxName}", $"KEDGE_TFLITE_LIB={HostLibraries.Inside}/{TfLiteName}",
        $"KEDGE_IMAGING_LIBS={HostLibraries.Inside}",
    ];

    /// <summary>Variables for a model server without a sandbox.</summary>
    internal IEnumerable<string> Variables =>
    [
        $"KEDGE_ORT_LIB={options.RuntimeLibrary}",
        .. options.TfLiteLibrary.Length > 0 ? [$"KEDGE_TFLITE_LIB={options.TfLiteLibrary}"] : Array.Empty<string>(),
        .. options.ImagingFolder.Length > 0 ? [$"KEDGE_IMAGING_LIBS={options.ImagingFolder}"] : Array.Empty<string>(),
    ];

    /// <summary>What the release needs and this device has not; null for nothing.</summary>
    internal Problem? Missing
    {
        get
        {
            if (!File.Exists(options.ServeProgram) || !File.Exists(options.RuntimeLibrary))
            {
                return new Problem(
                    SandboxErrors.ProgramMissing.Code,
                    $"{options.ServeProgram} or {options.RuntimeLibrary} is not there");
            }

            string library = DecodesImages && options.ImagingFolder.Length == 0
                ? $"{ImagingNames[0]} or {ImagingNames[1]}"
                : Has(ModelFormat.TfLite) && options.TfLiteLibrary.Length == 0 ? TfLiteName
                : "";
            return library.Length == 0
                ? null
                : new Problem(SandboxErrors.LibraryMissing.Code, $"{library} is not on this device");
        }
    }

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

    private bool DecodesImages => release.Models.Any(static model => model.DecodesImages);

    private bool Has(ModelFormat format) => release.Models.Any(model => model.Format == format
        || (format == ModelFormat.TfLite && model.RunsTfLite) || (format == ModelFormat.Onnx && model.RunsOnnx));

    private BindMount Imaging(string name) => new(
        HostLibraries.Real(Path.Combine(options.ImagingFolder, name)), $"{HostLibraries.Inside}/{name}");

    private static string Folder(int index) => string.Create(CultureInfo.InvariantCulture, $"/kedge/plugins/{index}");
}
