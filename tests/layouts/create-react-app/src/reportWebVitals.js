const reportWebVitals = (onPerfEntry) => {
  if (onPerfEntry && onPerfEntry instanceof Function) {
    import('web-vitals').then(({ getCLS }) => getCLS(onPerfEntry));
  }
};

export default reportWebVitals;
