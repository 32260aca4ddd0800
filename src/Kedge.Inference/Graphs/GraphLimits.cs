namespace Kedge.Inference.Graphs;

/// <summary>Every limit of graphs, with unit and reason.</summary>
public static class GraphLimits
{
    /// <summary>The schema of graph.json that this version reads.</summary>
    public const int Schema = 1;

    /// <summary>Bytes of a graph file: 64 steps with all their parameters stay far below.</summary>
    public const int FileBytesMax = 64 * 1024;

    /// <summary>Steps of one graph: which of them an output needs is one word of bits.</summary>
    public const int StepsMax = 64;

    /// <summary>Models of one graph: each is a session with memory of its own.</summary>
    public const int ModelsMax = 16;

    /// <summary>Values that one step reads or writes.</summary>
    public const int StepValuesMax = 32;

    /// <summary>Inputs, or outputs, of one graph.</summary>
    public const int EndsMax = 32;

    /// <summary>Characters of a name of a step, a value, a model or a file.</summary>
    public const int NameCharsMax = 128;

    /// <summary>Bytes of a file of labels: ImageNet's 21,841 classes take 1 MB.</summary>
    public const int LabelsBytesMax = 4 * 1024 * 1024;

    /// <summary>Labels of one file.</summary>
    public const int LabelsMax = 65536;

    /// <summary>Width or height of an image that a step makes, in pixels.</summary>
    public const int SideMax = 8192;

    /// <summary>Pixels of an image that a client sends: what a phone's camera makes, 50 million.</summary>
    public const int PixelsMax = 50_000_000;

    /// <summary>Bytes of an image that a client sends.</summary>
    public const int ImageBytesMax = 64 * 1024 * 1024;

    /// <summary>Values of one list among a step's parameters.</summary>
    public const int ListMax = 256;

    /// <summary>Elements that top-k gives, and boxes that non-maximum suppression gives.</summary>
    public const int ChosenMax = 4096;

    /// <summary>
    /// Boxes above the score threshold that non-maximum suppression compares with each other, of all classes together:
    /// the work grows with the square.
    /// </summary>
    public const int CandidatesMax = 4096;

    /// <summary>Runs of one graph whose memory is kept for the next.</summary>
    public const int PooledRunsMax = 16;
}
