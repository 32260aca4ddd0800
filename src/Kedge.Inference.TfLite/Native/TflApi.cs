using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.TfLite.Native;

/// <summary>The functions of TensorFlow Lite's C interface (c_api.h, common.h), found by name, once.</summary>
internal sealed unsafe class TflApi
{
    private static readonly Lock Gate = new();
    private static TflApi? _loaded;

    private TflApi(nint library, string path)
    {
        nint At(string name) => NativeLibrary.TryGetExport(library, name, out nint entry)
            ? entry
            : throw new KedgeException(ServeErrors.TfLiteAbsent, $"{path} has no {name}.");
        Version = Marshal.PtrToStringUTF8(
            (nint)((delegate* unmanaged<byte*>)At("TfLiteVersion"))()) ?? "";
        CreateModel = (delegate* unmanaged<void*, nuint, nint>)At("TfLiteModelCreate");
        CreateModelFromFile = (delegate* unmanaged<byte*, nint>)At("TfLiteModelCreateFromFile");
        DeleteModel = (delegate* unmanaged<nint, void>)At("TfLiteModelDelete");
        CreateOptions = (delegate* unmanaged<nint>)At("TfLiteInterpreterOptionsCreate");
        DeleteOptions = (delegate* unmanaged<nint, void>)At("TfLiteInterpreterOptionsDelete");
        SetThreads = (delegate* unmanaged<nint, int, void>)At("TfLiteInterpreterOptionsSetNumThreads");
        AddDelegate = (delegate* unmanaged<nint, nint, void>)At("TfLiteInterpreterOptionsAddDelegate");
        SetReporter =
            (delegate* unmanaged<nint, delegate* unmanaged<void*, byte*, void*, void>, void*, void>)At(
                "TfLiteInterpreterOptionsSetErrorReporter");
        CreateInterpreter = (delegate* unmanaged<nint, nint, nint>)At("TfLiteInterpreterCreate");
        DeleteInterpreter = (delegate* unmanaged<nint, void>)At("TfLiteInterpreterDelete");
        GetInputCount = (delegate* unmanaged<nint, int>)At("TfLiteInterpreterGetInputTensorCount");
        GetInput = (delegate* unmanaged<nint, int, nint>)At("TfLiteInterpreterGetInputTensor");
        ResizeInput = (delegate* unmanaged<nint, int, int*, int, int>)At("TfLiteInterpreterResizeInputTensor");
        Allocate = (delegate* unmanaged<nint, int>)At("TfLiteInterpreterAllocateTensors");
        Invoke = (delegate* unmanaged<nint, int>)At("TfLiteInterpreterInvoke");
        GetOutputCount = (delegate* unmanaged<nint, int>)At("TfLiteInterpreterGetOutputTensorCount");
        GetOutput = (delegate* unmanaged<nint, int, nint>)At("TfLiteInterpreterGetOutputTensor");
        GetElementType = (delegate* unmanaged<nint, int>)At("TfLiteTensorType");
        GetRank = (delegate* unmanaged<nint, int>)At("TfLiteTensorNumDims");
        GetExtent = (delegate* unmanaged<nint, int, int>)At("TfLiteTensorDim");
        GetByteCount = (delegate* unmanaged<nint, nuint>)At("TfLiteTensorByteSize");
        GetElements = (delegate* unmanaged<nint, void*>)At("TfLiteTensorData");
        GetName = (delegate* unmanaged<nint, byte*>)At("TfLiteTensorName");
        ResetVariables = (delegate* unmanaged<nint, int>)At("TfLiteInterpreterResetVariableTensors");
        Reallocate = (delegate* unmanaged<nuint, nint, void>)At("TfLiteTensorRealloc");
    }

    /// <summary>Version of the library: <c>2.9.0</c>.</summary>
    internal string Version { get; }

    internal delegate* unmanaged<void*, nuint, nint> CreateModel { get; }

    internal delegate* unmanaged<byte*, nint> CreateModelFromFile { get; }

    internal delegate* unmanaged<nint, void> DeleteModel { get; }

    internal delegate* unmanaged<nint> CreateOptions { get; }

    internal delegate* unmanaged<nint, void> DeleteOptions { get; }

    internal delegate* unmanaged<nint, int, void> SetThreads { get; }

    internal delegate* unmanaged<nint, nint, void> AddDelegate { get; }

    internal delegate* unmanaged<nint, delegate* unmanaged<void*, byte*, void*, void>, void*, void> SetReporter { get; }

    internal delegate* unmanaged<nint, nint, nint> CreateInterpreter { get; }

    internal delegate* unmanaged<nint, void> DeleteInterpreter { get; }

    internal delegate* unmanaged<nint, int> GetInputCount { get; }

    internal delegate* unmanaged<nint, int, nint> GetInput { get; }

    internal delegate* unmanaged<nint, int, int*, int, int> ResizeInput { get; }

    internal delegate* unmanaged<nint, int> Allocate { get; }

    internal delegate* unmanaged<nint, int> Invoke { get; }

    internal delegate* unmanaged<nint, int> GetOutputCount { get; }

    internal delegate* unmanaged<nint, int, nint> GetOutput { get; }

    internal delegate* unmanaged<nint, int> GetElementType { get; }

    internal delegate* unmanaged<nint, int> GetRank { get; }

    internal delegate* unmanaged<nint, int, int> GetExtent { get; }

    internal delegate* unmanaged<nint, nuint> GetByteCount { get; }

    internal delegate* unmanaged<nint, void*> GetElements { get; }

    internal delegate* unmanaged<nint, byte*> GetName { get; }

    internal delegate* unmanaged<nint, int> ResetVariables { get; }

    internal delegate* unmanaged<nuint, nint, void> Reallocate { get; }

    /// <summary>The functions, loaded at the first call; later calls get the same whatever path they name.</summary>
    /// <exception cref="KedgeException">The library is absent or another (KEDGE-SERVE-031).</exception>
    internal static TflApi Load(string? explicitPath)
    {
        lock (Gate)
        {
            if (_loaded is null)
            {
                string path = TfLiteLibrary.Find(explicitPath);
                _loaded = NativeLibrary.TryLoad(path, out nint library)
                    ? new TflApi(library, path)
                    : throw new KedgeException(
                        ServeErrors.TfLiteAbsent, $"{path} is not a TensorFlow Lite for this machine.");
            }

            return _loaded;
        }
    }
}
