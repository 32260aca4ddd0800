using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// The function table of ONNX Runtime, read once. The library exports one function; everything else is a pointer at a
/// fixed index of a table that only ever grows at its end (<c>struct OrtApi</c> of onnxruntime_c_api.h). A test holds
/// the indices against the header's order.
/// </summary>
internal sealed unsafe class OrtApi
{
    /// <summary>The version of the table that is asked for: every index used here is older.</summary>
    internal const uint TableVersion = 22;

    private static readonly Lock Gate = new();
    private static OrtApi? _loaded;
    private readonly void** _table;

    private OrtApi(void** table, string version, string path)
    {
        _table = table;
        Version = version;
        Path = path;
    }

    /// <summary>Version of the library: <c>1.30.0</c>.</summary>
    internal string Version { get; }

    /// <summary>The file that was loaded.</summary>
    internal string Path { get; }

    internal delegate* unmanaged<nint, int> GetErrorCode => (delegate* unmanaged<nint, int>)_table[1];

    internal delegate* unmanaged<nint, byte*> GetErrorMessage => (delegate* unmanaged<nint, byte*>)_table[2];

    internal delegate* unmanaged<int, byte*, nint*, nint> CreateEnv =>
        (delegate* unmanaged<int, byte*, nint*, nint>)_table[3];

    internal delegate* unmanaged<nint, nint> DisableTelemetry => (delegate* unmanaged<nint, nint>)_table[6];

    internal delegate* unmanaged<nint, byte*, nint, nint*, nint> CreateSession =>
        (delegate* unmanaged<nint, byte*, nint, nint*, nint>)_table[7];

    internal delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint> CreateSessionFromArray =>
        (delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)_table[8];

    internal delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run =>
        (delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)_table[9];

    internal delegate* unmanaged<nint*, nint> CreateSessionOptions => (delegate* unmanaged<nint*, nint>)_table[10];

    internal delegate* unmanaged<nint, byte*, nint> SetOptimizedModelPath =>
        (delegate* unmanaged<nint, byte*, nint>)_table[11];

    internal delegate* unmanaged<nint, nint> DisableMemPattern => (delegate* unmanaged<nint, nint>)_table[17];

    internal delegate* unmanaged<nint, nint> DisableCpuMemArena => (delegate* unmanaged<nint, nint>)_table[19];

    internal delegate* unmanaged<nint, int, nint> SetGraphOptimization =>
        (delegate* unmanaged<nint, int, nint>)_table[23];

    internal delegate* unmanaged<nint, int, nint> SetIntraOpThreads => (delegate* unmanaged<nint, int, nint>)_table[24];

    internal delegate* unmanaged<nint, nuint*, nint> GetInputCount =>
        (delegate* unmanaged<nint, nuint*, nint>)_table[30];

    internal delegate* unmanaged<nint, nuint*, nint> GetOutputCount =>
        (delegate* unmanaged<nint, nuint*, nint>)_table[31];

    internal delegate* unmanaged<nint, nuint, nint*, nint> GetInputType =>
        (delegate* unmanaged<nint, nuint, nint*, nint>)_table[33];

    internal delegate* unmanaged<nint, nuint, nint*, nint> GetOutputType =>
        (delegate* unmanaged<nint, nuint, nint*, nint>)_table[34];

    internal delegate* unmanaged<nint, nuint, nint, byte**, nint> GetInputName =>
        (delegate* unmanaged<nint, nuint, nint, byte**, nint>)_table[36];

    internal delegate* unmanaged<nint, nuint, nint, byte**, nint> GetOutputName =>
        (delegate* unmanaged<nint, nuint, nint, byte**, nint>)_table[37];

    internal delegate* unmanaged<nint*, nint> CreateRunOptions => (delegate* unmanaged<nint*, nint>)_table[39];

    internal delegate* unmanaged<nint, nint> SetTerminate => (delegate* unmanaged<nint, nint>)_table[46];

    internal delegate* unmanaged<nint, nint> UnsetTerminate => (delegate* unmanaged<nint, nint>)_table[47];

    internal delegate* unmanaged<nint, long*, nuint, int, nint*, nint> CreateTensor =>
        (delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)_table[48];

    internal delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithData =>
        (delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)_table[49];

    internal delegate* unmanaged<nint, void**, nint> GetTensorData =>
        (delegate* unmanaged<nint, void**, nint>)_table[51];

    internal delegate* unmanaged<nint, nint*, nint> CastToTensorInfo =>
        (delegate* unmanaged<nint, nint*, nint>)_table[55];

    internal delegate* unmanaged<nint, int*, nint> GetKindOfType => (delegate* unmanaged<nint, int*, nint>)_table[56];

    internal delegate* unmanaged<nint, int*, nint> GetElementType => (delegate* unmanaged<nint, int*, nint>)_table[60];

    internal delegate* unmanaged<nint, nuint*, nint> GetRank => (delegate* unmanaged<nint, nuint*, nint>)_table[61];

    internal delegate* unmanaged<nint, long*, nuint, nint> GetShape =>
        (delegate* unmanaged<nint, long*, nuint, nint>)_table[62];

    internal delegate* unmanaged<nint, nint*, nint> GetTypeAndShape =>
        (delegate* unmanaged<nint, nint*, nint>)_table[65];

    internal delegate* unmanaged<nint, int*, nint> GetKindOfValue => (delegate* unmanaged<nint, int*, nint>)_table[67];

    internal delegate* unmanaged<int, int, nint*, nint> CreateCpuMemory =>
        (delegate* unmanaged<int, int, nint*, nint>)_table[69];

    internal delegate* unmanaged<nint, void*, nint> Free => (delegate* unmanaged<nint, void*, nint>)_table[76];

    internal delegate* unmanaged<nint*, nint> GetAllocator => (delegate* unmanaged<nint*, nint>)_table[78];

    internal delegate* unmanaged<nint, void> ReleaseEnv => (delegate* unmanaged<nint, void>)_table[92];

    internal delegate* unmanaged<nint, void> ReleaseStatus => (delegate* unmanaged<nint, void>)_table[93];

    internal delegate* unmanaged<nint, void> ReleaseMemory => (delegate* unmanaged<nint, void>)_table[94];

    internal delegate* unmanaged<nint, void> ReleaseSession => (delegate* unmanaged<nint, void>)_table[95];

    internal delegate* unmanaged<nint, void> ReleaseValue => (delegate* unmanaged<nint, void>)_table[96];

    internal delegate* unmanaged<nint, void> ReleaseRunOptions => (delegate* unmanaged<nint, void>)_table[97];

    internal delegate* unmanaged<nint, void> ReleaseType => (delegate* unmanaged<nint, void>)_table[98];

    internal delegate* unmanaged<nint, void> ReleaseTypeAndShape => (delegate* unmanaged<nint, void>)_table[99];

    internal delegate* unmanaged<nint, void> ReleaseOptions => (delegate* unmanaged<nint, void>)_table[100];

    internal delegate* unmanaged<nint, nuint, nuint*, nint> GetTextLength =>
        (delegate* unmanaged<nint, nuint, nuint*, nint>)_table[127];

    internal delegate* unmanaged<nint, nuint, nuint, void*, nint> GetText =>
        (delegate* unmanaged<nint, nuint, nuint, void*, nint>)_table[128];

    internal delegate* unmanaged<nint, byte*, byte*, nint> AddConfigEntry =>
        (delegate* unmanaged<nint, byte*, byte*, nint>)_table[130];

    internal delegate* unmanaged<nint, byte*, nint, nint> AddInitializer =>
        (delegate* unmanaged<nint, byte*, nint, nint>)_table[150];

    internal delegate* unmanaged<nint*, nint> CreatePacked => (delegate* unmanaged<nint*, nint>)_table[166];

    internal delegate* unmanaged<nint, void> ReleasePacked => (delegate* unmanaged<nint, void>)_table[167];

    internal delegate* unmanaged<nint, byte*, nint, nint, nint*, nint> CreateSessionPacked =>
        (delegate* unmanaged<nint, byte*, nint, nint, nint*, nint>)_table[168];

    internal delegate* unmanaged<nint, byte*, nuint, nint, nint, nint*, nint> CreateSessionFromArrayPacked =>
        (delegate* unmanaged<nint, byte*, nuint, nint, nint, nint*, nint>)_table[169];

    internal delegate* unmanaged<nint, nuint, nuint, byte**, nint> ResizeText =>
        (delegate* unmanaged<nint, nuint, nuint, byte**, nint>)_table[252];

    internal delegate* unmanaged<
        nint, nint, byte**, nint*, nuint, byte**, nuint, nint*,
        delegate* unmanaged<nint, nint*, nuint, nint, void>, nint, nint> RunAsync =>
        (delegate* unmanaged<
            nint, nint, byte**, nint*, nuint, byte**, nuint, nint*,
            delegate* unmanaged<nint, nint*, nuint, nint, void>, nint, nint>)_table[260];

    internal delegate* unmanaged<nint, byte, nint> SetDeterministic =>
        (delegate* unmanaged<nint, byte, nint>)_table[273];

    internal delegate* unmanaged<nint, byte*, byte*, nint> RegisterProviders =>
        (delegate* unmanaged<nint, byte*, byte*, nint>)_table[301];

    internal delegate* unmanaged<nint, nint**, nuint*, nint> GetProviderDevices =>
        (delegate* unmanaged<nint, nint**, nuint*, nint>)_table[303];

    internal delegate* unmanaged<nint, nint, nint*, nuint, byte**, byte**, nuint, nint> AppendProvider =>
        (delegate* unmanaged<nint, nint, nint*, nuint, byte**, byte**, nuint, nint>)_table[304];

    internal delegate* unmanaged<nint, int, nint> SetSelectionPolicy =>
        (delegate* unmanaged<nint, int, nint>)_table[305];

    internal delegate* unmanaged<nint, int> GetHardwareKind => (delegate* unmanaged<nint, int>)_table[307];

    internal delegate* unmanaged<nint, byte*> GetHardwareVendor => (delegate* unmanaged<nint, byte*>)_table[309];

    internal delegate* unmanaged<nint, byte*> GetProviderName => (delegate* unmanaged<nint, byte*>)_table[312];

    internal delegate* unmanaged<nint, nint> GetProviderHardware => (delegate* unmanaged<nint, nint>)_table[316];

    /// <summary>The table, loaded at the first call; later calls get the same one whatever path they name.</summary>
    /// <exception cref="KedgeException">The library is absent or too old (KEDGE-SERVE-003).</exception>
    internal static OrtApi Load(string? explicitPath)
    {
        lock (Gate)
        {
            return _loaded ??= LoadFrom(OnnxRuntimeLibrary.Find(explicitPath));
        }
    }

    /// <summary>Ends in an error when a status says so; the status is released.</summary>
    internal void Require(nint status, string attempted) => Require(status, attempted, ServeErrors.ModelLoadFailed);

    /// <summary>Ends in this error when a status says so; the status is released.</summary>
    internal void Require(nint status, string attempted, ErrorCode error)
    {
        if (status != 0)
        {
            (_, string message) = Take(status);
            throw new KedgeException(error, $"{attempted}: {message}");
        }
    }

    /// <summary>Releases a status that nobody asks about.</summary>
    internal void ReleaseIfAny(nint status)
    {
        if (status != 0)
        {
            ReleaseStatus(status);
        }
    }

    /// <summary>What a status of a run says; the status is released. Null for success.</summary>
    internal Finding? Judge(nint status)
    {
        const int InvalidArgument = 2;
        if (status == 0)
        {
            return null;
        }

        (int code, string message) = Take(status);
        return (code == InvalidArgument ? InferErrors.ShapeMismatch : InferErrors.RunFailed).At(message);
    }

    private (int Code, string Message) Take(nint status)
    {
        int code = GetErrorCode(status);
        string message = Marshal.PtrToStringUTF8((nint)GetErrorMessage(status)) ?? "";
        ReleaseStatus(status);
        return (code, message);
    }

    private static OrtApi LoadFrom(string path)
    {
        OrtTelemetry.Forbid();
        if (!NativeLibrary.TryLoad(path, out nint library)
            || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint entry))
        {
            throw new KedgeException(ServeErrors.RuntimeAbsent, $"{path} is not an ONNX Runtime for this machine.");
        }

        // struct OrtApiBase: the table by version, and the text of the library's own version.
        void** root = ((delegate* unmanaged<void**>)entry)();
        string version = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)root[1])()) ?? "";
        void** table = ((delegate* unmanaged<uint, void**>)root[0])(TableVersion);
        return table is not null
            ? new OrtApi(table, version, path)
            : throw new KedgeException(ServeErrors.RuntimeAbsent, $"{path} is version {version}; 1.22 is the least.");
    }
}
