namespace Kedge.Core.Models;

/// <summary>What kind of file a model is. An allow-list: what is not here is never given to a runtime.</summary>
public enum ModelFormat
{
    /// <summary>Not known to this version; never accepted.</summary>
    Unknown = 0,

    /// <summary>ONNX <c>ModelProto</c>, protocol buffers.</summary>
    Onnx = 1,

    /// <summary>TensorFlow Lite, FlatBuffers with the identifier <c>TFL3</c>.</summary>
    TfLite = 2,

    /// <summary>GGUF, weights with metadata and no graph, as llama.cpp reads them.</summary>
    Gguf = 3,

    /// <summary>safetensors, weights and no graph.</summary>
    Safetensors = 4,
}
