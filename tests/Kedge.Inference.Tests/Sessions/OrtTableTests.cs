using System.Globalization;
using System.Text.RegularExpressions;
using Kedge.Inference.Tests.Conformance;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>
/// Holds every index that the binding uses against the order of <c>struct OrtApi</c> in onnxruntime_c_api.h (1.30; the
/// table only ever grows at its end). The conformance cases call through nearly all of them.
/// </summary>
public sealed partial class OrtTableTests
{
    /// <summary>Name in the binding: name in the header, place in the header.</summary>
    private static readonly Dictionary<string, (string Header, int Index)> Expected = new()
    {
        { "GetErrorCode", ("GetErrorCode", 1) },
        { "GetErrorMessage", ("GetErrorMessage", 2) },
        { "CreateEnv", ("CreateEnv", 3) },
        { "DisableTelemetry", ("DisableTelemetryEvents", 6) },
        { "CreateSession", ("CreateSession", 7) },
        { "CreateSessionFromArray", ("CreateSessionFromArray", 8) },
        { "Run", ("Run", 9) },
        { "CreateSessionOptions", ("CreateSessionOptions", 10) },
        { "SetOptimizedModelPath", ("SetOptimizedModelFilePath", 11) },
        { "DisableMemPattern", ("DisableMemPattern", 17) },
        { "DisableCpuMemArena", ("DisableCpuMemArena", 19) },
        { "SetGraphOptimization", ("SetSessionGraphOptimizationLevel", 23) },
        { "SetIntraOpThreads", ("SetIntraOpNumThreads", 24) },
        { "GetInputCount", ("SessionGetInputCount", 30) },
        { "GetOutputCount", ("SessionGetOutputCount", 31) },
        { "GetInputType", ("SessionGetInputTypeInfo", 33) },
        { "GetOutputType", ("SessionGetOutputTypeInfo", 34) },
        { "GetInputName", ("SessionGetInputName", 36) },
        { "GetOutputName", ("SessionGetOutputName", 37) },
        { "CreateRunOptions", ("CreateRunOptions", 39) },
        { "SetTerminate", ("RunOptionsSetTerminate", 46) },
        { "UnsetTerminate", ("RunOptionsUnsetTerminate", 47) },
        { "CreateTensor", ("CreateTensorAsOrtValue", 48) },
        { "CreateTensorWithData", ("CreateTensorWithDataAsOrtValue", 49) },
        { "GetTensorData", ("GetTensorMutableData", 51) },
        { "CastToTensorInfo", ("CastTypeInfoToTensorInfo", 55) },
        { "GetKindOfType", ("GetOnnxTypeFromTypeInfo", 56) },
        { "GetElementType", ("GetTensorElementType", 60) },
        { "GetRank", ("GetDimensionsCount", 61) },
        { "GetShape", ("GetDimensions", 62) },
        { "GetTypeAndShape", ("GetTensorTypeAndShape", 65) },
        { "GetKindOfValue", ("GetValueType", 67) },
        { "CreateCpuMemory", ("CreateCpuMemoryInfo", 69) },
        { "Free", ("AllocatorFree", 76) },
        { "GetAllocator", ("GetAllocatorWithDefaultOptions", 78) },
        { "ReleaseEnv", ("ReleaseEnv", 92) },
        { "ReleaseStatus", ("ReleaseStatus", 93) },
        { "ReleaseMemory", ("ReleaseMemoryInfo", 94) },
        { "ReleaseSession", ("ReleaseSession", 95) },
        { "ReleaseValue", ("ReleaseValue", 96) },
        { "ReleaseRunOptions", ("ReleaseRunOptions", 97) },
        { "ReleaseType", ("ReleaseTypeInfo", 98) },
        { "ReleaseTypeAndShape", ("ReleaseTensorTypeAndShapeInfo", 99) },
        { "ReleaseOptions", ("ReleaseSessionOptions", 100) },
        { "GetTextLength", ("GetStringTensorElementLength", 127) },
        { "GetText", ("GetStringTensorElement", 128) },
        { "AddConfigEntry", ("AddSessionConfigEntry", 130) },
        { "AddInitializer", ("AddInitializer", 150) },
        { "CreatePacked", ("CreatePrepackedWeightsContainer", 166) },
        { "ReleasePacked", ("ReleasePrepackedWeightsContainer", 167) },
        { "CreateSessionPacked", ("CreateSessionWithPrepackedWeightsContainer", 168) },
        { "CreateSessionFromArrayPacked", ("CreateSessionFromArrayWithPrepackedWeightsContainer", 169) },
        { "ResizeText", ("GetResizedStringTensorElementBuffer", 252) },
        { "RunAsync", ("RunAsync", 260) },
        { "SetDeterministic", ("SetDeterministicCompute", 273) },
        { "RegisterProviders", ("RegisterExecutionProviderLibrary", 301) },
        { "GetProviderDevices", ("GetEpDevices", 303) },
        { "AppendProvider", ("SessionOptionsAppendExecutionProvider_V2", 304) },
        { "SetSelectionPolicy", ("SessionOptionsSetEpSelectionPolicy", 305) },
        { "GetHardwareKind", ("HardwareDevice_Type", 307) },
        { "GetHardwareVendor", ("HardwareDevice_Vendor", 309) },
        { "GetProviderName", ("EpDevice_EpName", 312) },
        { "GetProviderHardware", ("EpDevice_Device", 316) },
    };

    [Fact]
    public void Every_function_is_taken_from_its_place_in_the_header()
    {
        string source = File.ReadAllText(Path.Combine(
            SharedCases.Checkout, "src", "Kedge.Inference.Onnx", "Native", "OrtApi.cs"));
        Dictionary<string, int> used = Functions().Matches(source).ToDictionary(
            match => match.Groups[1].Value,
            match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        Assert.Equal(Expected.ToDictionary(pair => pair.Key, pair => pair.Value.Index), used);
        Assert.Equal(Expected.Count, Expected.Values.Select(place => place.Header).Distinct().Count());
    }

    [GeneratedRegex(@"internal delegate\* unmanaged<[^;]*? (\w+) =>\s*\(delegate[^;]*?_table\[(\d+)\];")]
    private static partial Regex Functions();
}
